"""Read the syntax of the project's own modules."""

import ast
import gc


def syntax_of(source: str) -> ast.Module:
    """Parse a module, and let the garbage collector wait until that is done.

    A destructor may log an exception, and the lines of its traceback are then parsed within the parser. Older releases
    of Python 3.11 fail at that, with "AST constructor recursion depth mismatch".
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if was_enabled:
            gc.enable()
