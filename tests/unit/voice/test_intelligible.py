"""Prompts are understood by somebody who knows nothing of them: a speech recogniser, beside a road.

Every wording that names a category is spoken at the shipped rate, noise is laid over it, and pocketsphinx has to tell
which category was named. In its grammar every such sentence may name any category, and other kinds of waste besides,
so nothing is given away. What a gate asks for is short, and is told in the same way from what sounds like it.
"""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import reduce

import numpy as np
import pytest

from edge.actions import Speak, Term
from edge.events import Gesture
from edge.voice.catalogue import CATEGORIES, STATION, finite
from edge.voice.phrases import load_book
from edge.voice.pronounce import engine_version, pronounce
from edge.voice.utterance import Utterance, spoken_rate
from edge.voice.worker import RATE_WPM

pocketsphinx = pytest.importorskip("pocketsphinx")
pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")

ENGINE_RATE = 22_050
NOISE = 300.0  # of 32767, root mean square: 20 dB below the voice, a street behind a hedge
BOOK = load_book(["en"], roles=("bin",))
TERMS = {category: BOOK.tables["en"].terms[category] for category in CATEGORIES}

REQUESTS = {
    gesture: line.wordings[0] for gesture in Gesture for line in load_book(["en"]).lines(Speak(f"do_{gesture}"))
}
MISHEARD = ("turn around", "turn your head down", "open the door", "close your mouth", "think", "look down", "hurry up")

DECOYS = ("garden waste", "chemical waste", "household waste", "paper waste", "metal waste", "chicken waste")


def sentences() -> Iterator[tuple[tuple[str, ...], Utterance]]:
    """The categories named and the wording, of every prompt that names some, and of those that warn."""
    for phrase, variables in STATION.items():
        if (finite(variables) and variables) or "fire" in phrase or "lid" in phrase:
            for chosen in itertools.permutations(CATEGORIES, len(variables)):
                values = dict(zip(variables, map(Term, chosen), strict=True))
                for line in BOOK.lines(Speak(phrase, values=values)):
                    yield from ((chosen, wording) for wording in line.wordings)


SENTENCES = list(sentences())


def words(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


TEXTS = [words(wording.text) for _, wording in SENTENCES]


class Listener:
    """Writes down what it hears, out of a small grammar."""

    def __init__(self) -> None:
        frames = {reduce(lambda text, term: text.replace(term, "<waste>"), TERMS.values(), one) for one in TEXTS}
        asked = sorted({words(said.text) for said in REQUESTS.values()})
        grammar = f"""#JSGF V1.0; grammar prompts;
            public <prompt> = {" | ".join([*sorted(frames), *asked])} | please <misheard> ;
            <misheard> = {" | ".join(MISHEARD)} ;
            <waste> = {" | ".join([*TERMS.values(), *DECOYS])} ;"""
        # The model's filters are given in hertz, so it listens at the engine's own rate without resampling.
        self._decoder = pocketsphinx.Decoder(samprate=ENGINE_RATE, nfft=1024, lm=None, loglevel="FATAL")
        self._decoder.add_jsgf_string("prompts", grammar)
        self._decoder.activate_search("prompts")
        self._random = np.random.default_rng(seed=1)

    def heard(self, said: Utterance) -> str:
        samples = spoken(said)
        noisy = samples + self._random.normal(0.0, NOISE, len(samples))
        self._decoder.start_utt()
        self._decoder.process_raw(noisy.clip(-32768, 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        guess = self._decoder.hyp()
        return guess.hypstr if guess else ""


def spoken(said: Utterance) -> np.ndarray:
    """As the renderer has it spoken: voice, text and rate, with the silences before and after."""
    version = engine_version(run("--version").decode().partition("text-to-speech: ")[2])
    voice, text = pronounce(said.language, said.text, version)
    rate = str(spoken_rate(RATE_WPM, slow=said.slow))
    samples = np.frombuffer(run("-v", voice, "-s", rate, "--stdout", text)[44:], "<i2").astype(float)
    loud = np.flatnonzero(abs(samples) > 300)
    silence = np.zeros(ENGINE_RATE // 10)
    return np.concatenate([silence, samples[loud[0] : loud[-1] + 1], silence])


def run(*arguments: str) -> bytes:
    return subprocess.run(("espeak-ng", *arguments), capture_output=True, check=True, timeout=10).stdout


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


def categories_in(heard: str) -> tuple[str, ...]:
    """The categories whose term was written down, in the order in which they were said."""
    found = {category: heard.find(term) for category, term in TERMS.items()}
    return tuple(sorted((category for category in found if found[category] >= 0), key=found.__getitem__))


@pytest.mark.parametrize(("named", "said"), SENTENCES, ids=lambda part: getattr(part, "text", None))
def test_the_category_is_understood(listener: Listener, named: tuple[str, ...], said: Utterance) -> None:
    heard = listener.heard(said)
    assert categories_in(heard) == named, heard
    assert named or heard == words(said.text), "a warning is understood to its last word"


@pytest.mark.parametrize("gesture", Gesture)
def test_the_gesture_that_a_gate_asks_for_is_understood(listener: Listener, gesture: Gesture) -> None:
    assert listener.heard(REQUESTS[gesture]) == words(REQUESTS[gesture].text)


@pytest.mark.parametrize("misheard", MISHEARD)
def test_the_listener_hears_no_request_where_something_like_it_is_said(listener: Listener, misheard: str) -> None:
    assert listener.heard(Utterance("en", f"Please {misheard}.")) == f"please {misheard}"


@pytest.mark.parametrize("category", CATEGORIES)
def test_said_slowly_it_is_understood_as_well(listener: Listener, category: str) -> None:
    said = Speak("sort_into", values={"category": Term(category)}, loud=True)
    assert categories_in(listener.heard(BOOK.lines(said)[0].wordings[0])) == (category,)


@pytest.mark.parametrize("decoy", DECOYS)
def test_the_listener_hears_no_category_where_another_kind_is_named(listener: Listener, decoy: str) -> None:
    assert listener.heard(Utterance("en", f"This is {decoy}.")) == f"this is {decoy}"
