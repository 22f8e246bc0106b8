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
    document.querySelectorAll("[data-until]").forEach(function (place) {
      if (now.ended === place.dataset.until) { location.reload(); }
    });
  };
  window.addEventListener("pagehide", function () { changes.close(); });
}
