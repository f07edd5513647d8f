"""The command ``mlp-core``: train without a screen, and look after the runs and the data sets."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from mlp_core.blas import use_one_thread
from mlp_core.data_cli import add_data_command, tell_aside
from mlp_core.errors import MlpError, TooLargeError
from mlp_core.runs_cli import add_runs_command
from mlp_core.sweep_cli import add_sweep_command
from mlp_core.train_cli import add_train_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 1 failed, 2 wrongly called, 130 interrupted."""
    use_one_thread()
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except TooLargeError as error:
        tell_aside(f"mlp-core: {error} --subset {error.fits} takes as many.")
        return 1
    except MlpError as error:
        tell_aside(f"mlp-core: {error}")
        return 1
    except MemoryError:
        tell_aside("mlp-core: not enough memory. Choose fewer hidden units or a smaller data set.")
        return 1
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that no more is said at the very end
        return 1
    except KeyboardInterrupt:
        print("\nmlp-core: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mlp-core", description="The lecture's multilayer perceptron, in NumPy.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_train_command(commands)
    add_sweep_command(commands)
    add_runs_command(commands)
    add_data_command(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
