"""`edge doctor`: looks at everything that an installer has to look at, and asks for what only they can see or do.

One check is one small file with a `Check` (`checks.py`): what it measures is apart from how that is judged, and what is
wrong comes with a plain remedy, in Mandarin and English. All hardware is seen through the running daemon's local desk
(`edge.local`); where none runs, the doctor starts one as its child, so there is one way to look at hardware.

The command line and the device's page walk through the same checks, each with its own way to ask:

    with open_bench(config_file, by="page installer") as bench:        # bench.py: finds the daemon or starts one
        walk = Walk(bench, all_checks(rehearse=False))            # walk.py, listed.py
        walk.outline()                                            # names and titles of all checks, in their order
        step = walk.forward()                                     # one bounded piece of work, seldom more than a minute
        while step is not None:
            if isinstance(step, Question):                        # show step.text.en or .cmn, and step.answers
                step = walk.forward("ready")                      # one of step.answers; "skip" always is
            else:                                                 # a Result: verdict, said, remedy, figures
                step = walk.forward()
        report = walk.report(installer="Anna Li", note="")        # may be looked at before it is accepted
        files = accept(report, bench)                             # report.py; signs; HTML, JSON, and commissioned.json

`forward` blocks while something is measured or waited for (a door that is to be opened now), so a page calls it on a
thread of its own; `walk.cancel()` from any thread ends a wait early, as "skip" would. A walk belongs to one thread at a
time and may be thrown away at any step: nothing stays driven, the daemon sees to that.
"""
