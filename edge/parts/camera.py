"""From `[camera]`, `[second_camera]` and `[station.camera]` to a camera."""

from __future__ import annotations

from edge.config import cameras, schema
from edge.drivers.camera import Camera


def make_camera(settings: cameras.CameraConfig) -> Camera:
    """The configured camera, not opened yet. Drivers, and the libraries behind them, are imported here."""
    size = {"width_px": settings.width_px, "height_px": settings.height_px}
    if isinstance(settings, schema.FolderCamera):
        from edge.drivers.camera.folder import FolderCamera
        from edge.vision.picture_file import load_picture

        return FolderCamera(
            settings.path,
            load_picture,
            rate_fps=settings.rate_fps,
            show_s=settings.show_s,
            repeat=settings.repeat,
            **size,
        )
    if isinstance(settings, cameras.ScriptedCamera):
        from edge.drivers.camera.scripted import ScriptedCamera
        from edge.vision.picture_file import load_picture

        return ScriptedCamera(
            settings.path,
            load_picture,
            width_px=settings.width_px,
            height_px=settings.height_px,
            rate_fps=settings.rate_fps,
        )
    if isinstance(settings, cameras.VisitorsCamera):
        from edge import resources
        from edge.rig.camera import VisitorsCamera
        from edge.rig.portrait import open_fit
        from edge.vision.manifest import load_manifest
        from edge.vision.picture_file import load_picture

        return VisitorsCamera(
            settings.path,
            load_picture,
            lambda: open_fit(load_manifest(*resources.manifests())),
            hears=settings.hears,
            infrared=settings.infrared,
            width_px=settings.width_px,
            height_px=settings.height_px,
            rate_fps=settings.rate_fps,
        )
    if isinstance(settings, schema.VideoCamera):
        from edge.drivers.camera.video import VideoCamera

        return VideoCamera(settings.path, rate_fps=settings.rate_fps, **size)
    from edge.drivers.camera.pi import PiCamera

    return PiCamera(settings.number, rate_fps=settings.rate_fps, **size)
