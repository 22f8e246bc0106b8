"""The voice: a table of phrases per language, rendered to WAV ahead of time and played by one worker.

Importing this package costs next to nothing: the speech engine and the pinyin tables are only ever loaded by
the child process that renders (`edge.voice.render_child`).
"""
