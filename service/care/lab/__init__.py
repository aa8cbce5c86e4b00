"""The laboratory: questions asked of a clinic's history, patient after patient, by the scheduler.

A run (``LabRun``) asks one question of one kind.  The kinds stand in ``kinds.py``, their
types in ``question.py``::

    KINDS = {"replay": Kind(replay.begin, without_small), "audience": Kind(…)}

    def begin(session: Session, run: LabRun) -> Question
    def coarse(report: Mapping[str, Any]) -> dict[str, Any]

``asking.begin_run`` puts a run in line, with the figures it begins with.  ``begin`` is called once
a slice of work, also after a crash: it reads what it needs from the run (``tried``, ``first``,
``last``, ``as_of``, ``figures``) and may raise ``BadKnowledge``, which ends the run as failed,
with its words.  The runner then hands every patient of the clinic, in the order of their ids, to
``Question.look``, and saves figures and findings together with how far it came.

The answer must follow from the run and the patients alone, not from the slices: then a run that
was killed and went on has the same digest.  The report is written once, when the last patient is
done (``figures["report"]``); ``coarse`` is what people see of it who may not know of patients.
"""
