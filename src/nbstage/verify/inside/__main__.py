"""`python -m nbstage.verify.inside REQUEST ANSWER`."""

from nbstage.verify.inside.answer import main as _main

# Nothing else here: values of the notebook name their classes as `__main__.X`.
if __name__ == "__main__":
    _main()
