"""What the compiler understands of the public headers."""
import os
import subprocess
import tempfile


def of_headers(headers):
    """The functions that they declare, a line each, by gcc's -aux-info."""
    with tempfile.TemporaryDirectory() as folder:
        source, info = os.path.join(folder, "all.c"), os.path.join(folder, "info")
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(f"#include <{os.path.relpath(header, 'omniglot/include')}>\n" for header in headers)
        subprocess.run(["gcc", "-D_GNU_SOURCE", "-Iomniglot/include", "-fsyntax-only", "-aux-info", info, source],
                       check=True)
        with open(info, encoding="utf-8") as file:
            return file.read()
