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

// An area of the picture: drawn with a finger or the mouse, pulled at a corner, or typed.
(function () {
  var drawing = document.querySelector("[data-zone]");
  if (!drawing) { return; }
  var area = drawing.querySelector(".chosen");
  var fields = ["left", "top", "right", "bottom"].map(function (name) { return document.getElementById(name); });
  var fixed = null;
  var near = 24;
  function sides() { return fields.map(function (field) { return Number(field.value); }); }
  function show() {
    var now = sides();
    area.setAttribute("x", now[0] + "%");
    area.setAttribute("y", now[1] + "%");
    area.setAttribute("width", Math.max(0, now[2] - now[0]) + "%");
    area.setAttribute("height", Math.max(0, now[3] - now[1]) + "%");
  }
  function place(event) {
    var frame = drawing.getBoundingClientRect();
    function share(value, from, size) { return Math.round(Math.min(1, Math.max(0, (value - from) / size)) * 1000) / 10; }
    return [share(event.clientX, frame.left, frame.width), share(event.clientY, frame.top, frame.height)];
  }
  // The corner opposite to the one that is touched, which stays; undefined where none is touched.
  function opposite(event) {
    var frame = drawing.getBoundingClientRect();
    var now = sides();
    if (now[2] <= now[0] || now[3] <= now[1]) { return undefined; }
    return [[0, 1], [2, 1], [0, 3], [2, 3]].filter(function (corner) {
      var x = frame.left + now[corner[0]] / 100 * frame.width;
      var y = frame.top + now[corner[1]] / 100 * frame.height;
      return Math.abs(event.clientX - x) < near && Math.abs(event.clientY - y) < near;
    }).map(function (corner) { return [now[2 - corner[0]], now[4 - corner[1]]]; })[0];
  }
  drawing.addEventListener("pointerdown", function (event) {
    fixed = opposite(event) || place(event);
    drawing.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  drawing.addEventListener("pointermove", function (event) {
    if (!fixed) { return; }
    var now = place(event);
    fields[0].value = Math.min(fixed[0], now[0]);
    fields[1].value = Math.min(fixed[1], now[1]);
    fields[2].value = Math.max(fixed[0], now[0]);
    fields[3].value = Math.max(fixed[1], now[1]);
    show();
  });
  ["pointerup", "pointercancel"].forEach(function (end) {
    drawing.addEventListener(end, function () { fixed = null; });
  });
  fields.forEach(function (field) { field.addEventListener("input", show); });
  show();
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
