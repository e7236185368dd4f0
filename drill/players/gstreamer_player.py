"""GStreamer's playbin on a file: prints what it shows and plays, a line of JSON each.

python3 gstreamer_player.py FILE [SECONDS]: the whole file, or the first picture after an accurate seek.
"""

import hashlib
import json
import pathlib
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402,F401

LONGEST = 60 * Gst.SECOND
# Looked up before there are threads: two that ask for an enumeration's first value at once don't always get it.
TIME, READ, OK = Gst.Format.TIME, Gst.MapFlags.READ, Gst.FlowReturn.OK
say_lock = threading.Lock()


def say(**what):
    with say_lock:
        print(json.dumps(what), flush=True)


def digest(buffer):
    is_mapped, mapped = buffer.map(READ)
    assert is_mapped
    try:
        return hashlib.sha256(mapped.data).hexdigest()
    finally:
        buffer.unmap(mapped)


def tell(kind, sample):
    buffer = sample.get_buffer()
    # Of the film, not of the stream, which an edit list moves.
    time = sample.get_segment().to_stream_time(TIME, buffer.pts) / Gst.SECOND
    say(kind=kind, time=time, bytes=buffer.get_size(), hash=digest(buffer))


def sink(bin_description, kind, is_told):
    made = Gst.parse_bin_from_description(bin_description, True)
    app = made.get_by_name("sink")

    def on_sample(sink):
        tell(kind, sink.emit("pull-sample"))
        return OK

    if is_told:
        app.set_property("emit-signals", True)
        app.connect("new-sample", on_sample)
    return made, app


def wait(bus, wanted):
    while True:
        message = bus.timed_pop_filtered(
            LONGEST, wanted | Gst.MessageType.ERROR | Gst.MessageType.WARNING
        )
        if message is None:
            sys.exit("it said nothing for a minute")
        if message.type == Gst.MessageType.ERROR:
            sys.exit(f"error: {message.parse_error().gerror.message}")
        if message.type == Gst.MessageType.WARNING:
            say(kind="warning", text=message.parse_warning().gerror.message)
        else:
            return


def main():
    Gst.init(None)
    if len(sys.argv) < 2:
        say(kind="version", text=".".join(str(part) for part in Gst.version()[:3]))
        return
    path = pathlib.Path(sys.argv[1]).absolute()
    time = float(sys.argv[2]) if len(sys.argv) > 2 else None
    player = Gst.ElementFactory.make("playbin")
    player.set_property("uri", path.as_uri())
    is_whole = time is None
    pictures, app = sink(
        "videoconvert n-threads=1 ! video/x-raw,format=I420 ! appsink name=sink sync=false", "picture", is_whole
    )
    sound, _ = sink("audioconvert ! audio/x-raw,format=F32LE ! appsink name=sink sync=false", "sound", is_whole)
    player.set_property("video-sink", pictures)
    player.set_property("audio-sink", sound)
    bus = player.get_bus()
    player.set_state(Gst.State.PLAYING if is_whole else Gst.State.PAUSED)
    if is_whole:
        wait(bus, Gst.MessageType.EOS)
        counts = [player.get_property(name) for name in ("n-video", "n-audio", "n-text")]
        say(kind="about", text=f"{counts} {player.query_duration(TIME).duration}")
    else:
        wait(bus, Gst.MessageType.ASYNC_DONE)
        player.seek_simple(TIME, Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE, int(time * Gst.SECOND))
        wait(bus, Gst.MessageType.ASYNC_DONE)
        tell("picture", app.emit("pull-preroll"))
    player.set_state(Gst.State.NULL)


main()
