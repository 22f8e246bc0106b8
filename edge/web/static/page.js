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
