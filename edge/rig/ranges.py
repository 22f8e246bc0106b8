"""What the rig's sets are drawn from. Tuning and measured set differ in range wherever a range can be split.

A spread is a list of intervals, drawn from with a chance in proportion to their lengths. Where the tuning set has the
middle of what happens, the measured one has what lies on both sides of it, or the gaps between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from numpy.random import Generator

Spread = tuple[tuple[float, float], ...]


def draw(rng: Generator, spread: Spread) -> float:
    """One number."""
    lengths = [high - low for low, high in spread]
    if sum(lengths) <= 0.0:
        return spread[int(rng.integers(len(spread)))][0]
    low, high = spread[int(rng.choice(len(spread), p=[length / sum(lengths) for length in lengths]))]
    return float(rng.uniform(low, high))


@dataclass(frozen=True, slots=True)
class Ranges:
    """Units are in the names; `_share` are shares of 1. `rate`: speed of coming nearer, in stopping distances a second;
    `far`: distance at first, in stopping distances; `enters_mm_s`: mean speed of coming in from beside the view.
    `size_px`: the camera's; `focal_px` and `stop_eyes_px`, the distance of the eyes where somebody stops, are those of
    a picture 640 px wide.
    """

    salt: int
    fps: tuple[int, ...]
    # The camera and its light
    size_px: tuple[int, int]
    focal_px: Spread
    blur_px: Spread
    spread_px: Spread
    aperture_px: Spread
    exposure_s: Spread
    gain: Spread
    balance: Spread
    gamma: Spread
    read_noise: Spread
    shot_noise: Spread
    denoise_px: Spread
    jpeg: Spread
    flicker: Spread
    row_s: Spread
    relief: Spread
    # Where and how people stand
    stop_eyes_px: Spread
    far: Spread
    rate: Spread
    enters_mm_s: Spread
    height_mm: Spread
    aside_mm: Spread
    size: Spread
    depth: Spread
    sway_mm: Spread
    yaw_deg: Spread
    pitch_deg: Spread
    roll_deg: Spread
    from_yaw_deg: Spread
    from_pitch_deg: Spread
    at_deg: Spread
    bob_mm: Spread
    blinks_a_minute: Spread
    # Hands that hold something
    shake_deg: Spread
    shake_mm: Spread
    swing_deg: Spread
    lamp: Spread
    # Prints
    print_eyes_mm: Spread
    black: Spread
    white: Spread
    ink: Spread
    dots_mm: Spread
    grain: Spread
    margin_mm: Spread
    bend_radius_mm: Spread
    axis_deg: Spread
    flex: Spread
    # Screens: width, pixel pitch, shape (height by width)
    devices: tuple[tuple[Spread, Spread, float], ...]
    bezel_mm: Spread
    screen_black: Spread
    brightness: Spread
    blue: Spread
    vivid: Spread
    pwm_hz: Spread
    pwm: Spread


TUNING = Ranges(
    salt=1,
    fps=(12, 15),
    size_px=(640, 480),
    focal_px=((480.0, 560.0),),
    blur_px=((0.5, 0.8),),
    spread_px=((0.2, 0.35),),
    aperture_px=((0.5, 0.8),),
    exposure_s=((0.006, 0.008), (0.01, 0.012)),
    gain=((0.8, 1.1),),
    balance=((0.93, 1.07),),
    gamma=((0.9, 1.1),),
    read_noise=((1.0, 2.5),),
    shot_noise=((1.5, 4.0),),
    denoise_px=((0.4, 0.6),),
    jpeg=((80.0, 92.0),),
    flicker=((0.0, 0.0), (0.005, 0.02)),
    row_s=((2.5e-5, 3.5e-5),),
    relief=((0.1, 0.25),),
    stop_eyes_px=((32.0, 50.0),),
    far=((1.2, 1.7),),
    rate=((0.5, 0.9),),
    enters_mm_s=((900.0, 1200.0),),
    height_mm=((-60.0, 60.0),),
    aside_mm=((-70.0, 70.0),),
    size=((0.95, 1.04),),
    depth=((0.92, 1.05),),
    sway_mm=((4.0, 9.0),),
    yaw_deg=((1.0, 2.4),),
    pitch_deg=((0.7, 1.6),),
    roll_deg=((0.4, 1.2),),
    from_yaw_deg=((-12.0, 12.0),),
    from_pitch_deg=((-3.0, 9.0),),
    at_deg=((-4.0, 4.0),),
    bob_mm=((10.0, 20.0),),
    blinks_a_minute=((12.0, 20.0),),
    shake_deg=((1.0, 3.0),),
    shake_mm=((3.0, 8.0),),
    swing_deg=((10.0, 20.0),),
    lamp=((20.0, 90.0),),
    print_eyes_mm=((55.0, 66.0),),
    black=((35.0, 55.0),),
    white=((215.0, 235.0),),
    ink=((0.75, 0.92),),
    dots_mm=((0.15, 0.2),),
    grain=((1.0, 3.0),),
    margin_mm=((3.0, 8.0),),
    bend_radius_mm=((120.0, 250.0),),
    axis_deg=((-12.0, 12.0),),
    flex=((0.0, 0.25),),
    devices=(
        (((66.0, 72.0),), ((0.058, 0.066),), 2.05),
        (((155.0, 165.0),), ((0.09, 0.1),), 1.33),
        (((300.0, 340.0),), ((0.17, 0.2),), 0.6),
    ),
    bezel_mm=((3.0, 9.0),),
    screen_black=((8.0, 20.0),),
    brightness=((0.9, 1.15),),
    blue=((1.0, 1.08),),
    vivid=((1.0, 1.15),),
    pwm_hz=((200.0, 260.0),),
    pwm=((0.0, 0.4),),
)

MEASURED = Ranges(
    salt=2,
    fps=(10, 14, 18, 20),
    size_px=(960, 720),  # what edge.drivers.camera.pi asks for unless it is set otherwise
    focal_px=((420.0, 480.0), (560.0, 640.0)),
    blur_px=((0.35, 0.5), (0.8, 1.1)),
    spread_px=((0.12, 0.2), (0.35, 0.5)),
    aperture_px=((0.35, 0.5), (0.8, 1.0)),
    exposure_s=((0.003, 0.006), (0.008, 0.01)),  # what it exposes for, too, down to some 180 lx
    gain=((0.65, 0.8), (1.1, 1.3)),
    balance=((0.85, 0.93), (1.07, 1.15)),
    gamma=((0.8, 0.9), (1.1, 1.25)),
    read_noise=((0.4, 1.0), (2.5, 4.0)),
    shot_noise=((0.5, 1.5), (4.0, 6.0)),
    denoise_px=((0.3, 0.4), (0.6, 0.8)),
    jpeg=((70.0, 80.0), (92.0, 97.0)),
    flicker=((0.0, 0.005), (0.02, 0.04)),
    row_s=((2.0e-5, 2.5e-5), (3.5e-5, 5.0e-5)),
    relief=((0.0, 0.1), (0.25, 0.4)),
    stop_eyes_px=((26.0, 32.0), (50.0, 64.0)),
    far=((1.05, 1.2), (1.7, 2.2)),
    rate=((0.3, 0.5), (0.9, 1.3)),
    enters_mm_s=((650.0, 900.0), (1200.0, 1500.0)),
    height_mm=((-110.0, -60.0), (60.0, 110.0)),
    aside_mm=((-120.0, -70.0), (70.0, 120.0)),
    size=((0.9, 0.95), (1.04, 1.08)),
    depth=((0.85, 0.92), (1.05, 1.15)),
    sway_mm=((2.5, 4.0), (9.0, 14.0)),
    yaw_deg=((0.7, 1.0), (2.4, 3.5)),
    pitch_deg=((0.5, 0.7), (1.6, 2.4)),
    roll_deg=((0.3, 0.4), (1.2, 2.0)),
    from_yaw_deg=((-20.0, -12.0), (12.0, 20.0)),
    from_pitch_deg=((-6.0, -3.0), (9.0, 14.0)),
    at_deg=((-8.0, -4.0), (4.0, 8.0)),
    bob_mm=((6.0, 10.0), (20.0, 28.0)),
    blinks_a_minute=((6.0, 12.0), (20.0, 28.0)),
    shake_deg=((0.4, 1.0), (3.0, 6.0)),
    shake_mm=((1.0, 3.0), (8.0, 14.0)),
    swing_deg=((5.0, 10.0), (20.0, 30.0)),
    lamp=((5.0, 20.0), (90.0, 160.0)),
    print_eyes_mm=((42.0, 55.0), (66.0, 85.0)),
    black=((20.0, 35.0), (55.0, 70.0)),
    white=((200.0, 215.0), (235.0, 250.0)),
    ink=((0.6, 0.75), (0.92, 1.05)),
    dots_mm=((0.1, 0.15), (0.2, 0.35)),
    grain=((0.0, 1.0), (3.0, 5.0)),
    margin_mm=((0.0, 3.0), (8.0, 20.0)),
    bend_radius_mm=((75.0, 120.0), (250.0, 500.0)),
    axis_deg=((-40.0, -12.0), (12.0, 40.0)),
    flex=((0.25, 0.5),),
    devices=(
        (((58.0, 66.0), (72.0, 78.0)), ((0.045, 0.058), (0.066, 0.08)), 2.15),
        (((120.0, 155.0), (165.0, 215.0)), ((0.075, 0.09), (0.1, 0.13)), 1.5),
        (((340.0, 600.0),), ((0.2, 0.31),), 0.56),
    ),
    bezel_mm=((1.0, 3.0), (9.0, 20.0)),
    screen_black=((2.0, 8.0), (20.0, 40.0)),
    brightness=((0.75, 0.9), (1.15, 1.35)),
    blue=((0.94, 1.0), (1.08, 1.18)),
    vivid=((0.9, 1.0), (1.15, 1.3)),
    pwm_hz=((90.0, 200.0), (260.0, 480.0)),
    pwm=((0.4, 0.8),),
)

OUTER = replace(
    TUNING,
    salt=3,
    fps=(8, 9, 22, 24),
    stop_eyes_px=((22.0, 26.0), (64.0, 76.0)),
    far=((1.0, 1.05), (2.2, 2.5)),
    rate=((0.2, 0.3), (1.3, 1.5)),
    enters_mm_s=((550.0, 650.0), (1500.0, 1700.0)),
)
"""The tuning set's people, nearer and further, faster and slower than even the measured ones: what holds here and in
the middle should hold between."""

SLOW = replace(MEASURED, salt=4, exposure_s=((0.012, 0.022),))
"""The measured set's people before a camera whose exposure nobody keeps short, as a webcam's, or in the dark."""

SETS = {"tuning": TUNING, "measured": MEASURED, "outer": OUTER, "slow": SLOW}
