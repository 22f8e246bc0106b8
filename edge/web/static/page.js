"use strict";
// Small helps; every page works without them, with a reload.

// The QR code of the label: https://gate.local/#pair=CODE&device=NAME. What stands behind # is sent to no server.
function fillCode() {
  var field = document.getElementById("code");
  var found = /[#&]pair=([0-9A-Za-z-]{1,40})/.exec(location.hash);
  if (field && found) {
    field.value = found[1];
    history.replaceState(null, "", location.pathname);
  }
}
fillCode();
window.addEventListener("hashchange", fillCode);

// Pictures: the next one is asked for when the last one has come, so a slow line gets fewer and never older ones.
document.querySelectorAll("img[data-live]").forEach(function (picture) {
  var next = new Image();
  var number = 0;
  function ask(after) {
    setTimeout(function () {
      if (document.hidden) { ask(1000); return; }
      number += 1;
      next.src = "/live/frame.jpg?camera=" + picture.dataset.live + "&n=" + number;
    }, after);
  }
  next.onload = function () { picture.src = next.src; ask(250); };
  next.onerror = function () { ask(3000); };
  ask(250);
});

// What changes: the server tells it, each text has its place.
if (document.querySelector("[data-changes]") && window.EventSource) {
  var changes = new EventSource("/changes");
  changes.onmessage = function (event) {
    var now = JSON.parse(event.data);
    document.querySelectorAll("[data-now]").forEach(function (place) {
      var text = now[place.dataset.now];
      if (typeof text === "string" && place.textContent !== text) { place.textContent = text; }
    });
    document.querySelectorAll("[data-steps]").forEach(function (place) {
      if (now.steps !== place.dataset.steps) { location.reload(); }
    });
    document.querySelectorAll("[data-until]").forEach(function (place) {
      if (now.ended === place.dataset.until) { location.reload(); }
    });
  };
  window.addEventListener("pagehide", function () { changes.close(); });
}

// The zone: drawn with a finger or the mouse, or typed.
(function () {
  var drawing = document.querySelector("[data-zone]");
  if (!drawing) { return; }
  var area = drawing.querySelector("rect");
  var fields = ["left", "top", "right", "bottom"].map(function (name) { return document.getElementById(name); });
  var begun = null;
  function show() {
    var sides = fields.map(function (field) { return Number(field.value); });
    area.setAttribute("x", sides[0]);
    area.setAttribute("y", sides[1]);
    area.setAttribute("width", Math.max(0, sides[2] - sides[0]));
    area.setAttribute("height", Math.max(0, sides[3] - sides[1]));
  }
  function place(event) {
    var frame = drawing.getBoundingClientRect();
    function share(value, from, size) { return Math.round(Math.min(1, Math.max(0, (value - from) / size)) * 1000) / 10; }
    return [share(event.clientX, frame.left, frame.width), share(event.clientY, frame.top, frame.height)];
  }
  drawing.addEventListener("pointerdown", function (event) {
    begun = place(event);
    drawing.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  drawing.addEventListener("pointermove", function (event) {
    if (!begun) { return; }
    var now = place(event);
    fields[0].value = Math.min(begun[0], now[0]);
    fields[1].value = Math.min(begun[1], now[1]);
    fields[2].value = Math.max(begun[0], now[0]);
    fields[3].value = Math.max(begun[1], now[1]);
    show();
  });
  drawing.addEventListener("pointerup", function () { begun = null; });
  fields.forEach(function (field) { field.addEventListener("input", show); });
})();

// What is found in the picture, in words.
document.querySelectorAll("[data-found]").forEach(function (place) {
  function ask() {
    if (document.hidden) { setTimeout(ask, 1000); return; }
    fetch("/live/found?camera=" + place.dataset.found).then(function (answer) { return answer.json(); }).then(function (told) {
      place.textContent = told.text;
      setTimeout(ask, 700);
    }).catch(function () { setTimeout(ask, 3000); });
  }
  ask();
});

// There is room for the menu on a desk.
(function () {
  var menu = document.querySelector("details.menu");
  if (menu && window.matchMedia && window.matchMedia("(min-width: 50rem)").matches) { menu.open = true; }
})();
