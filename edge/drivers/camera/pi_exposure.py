"""How a Raspberry Pi's camera shares light between the length of its exposure and its gain.

libcamera's short mode does it differently for each sensor: a Camera Module 2 (imx219) exposes for 10 ms at most until
the gain is 4, a Camera Module 3 (imx708) only until the gain is 2, and for 20 ms before it is 4. Whoever walks past at
1.3 m/s is smeared over 13 mm in 10 ms, and shows neither who he is nor that he lives; noise costs less. So the short
mode of the sensor's tuning file is replaced: see `SHORT`. Both arrays are read stage by stage, first the exposure up to
its value, then the gain (divideUpExposure in libcamera's src/ipa/rpi/controller/rpi/agc_channel.cpp).
"""

from __future__ import annotations

from typing import Any

SHORT = {"shutter": [100, 5_000, 10_000, 66_666], "gain": [1.0, 4.0, 8.0, 16.0]}
"""Microseconds, and gains: 5 ms until the gain is 4, 10 ms until it is 8, then up to a whole frame. By the reference in
its tuning file (810 lx for 20.7 ms and a gain of 1.12) a Camera Module 3 stays at 10 ms down to some 180 lx."""


def tuning_of(picamera2: Any, number: int) -> dict[str, Any] | None:
    """The tuning file of camera `number` with `SHORT` as its short mode; None where there is none that has one.
    `picamera2`: the class Picamera2.

    None, too, where cameras of different sensors are attached: libcamera uses one tuning file for all of them.
    """
    models = [camera.get("Model", "") for camera in picamera2.global_camera_info()]
    if number >= len(models) or len(set(models)) != 1:
        return None
    try:
        tuning: dict[str, Any] = picamera2.load_tuning_file(f"{models[number]}.json")
        control = picamera2.find_tuning_algo(tuning, "rpi.agc")
        for channel in control.get("channels", [control]):  # without channels before libcamera 0.1
            channel["exposure_modes"]["short"] = SHORT
    except (RuntimeError, OSError, ValueError, LookupError, StopIteration, TypeError, AttributeError):
        return None  # a webcam has none; where one is written differently, libcamera's own short mode remains
    return tuning
