#!/usr/bin/env -S python3 -B
"""Breaks one check of the core at a time and shows which tests notice.

usage: omniglot/tests/mutate.py [WORD]     only mutations whose name contains WORD

Works on a copy. Exit status 1 if a mutation survives, 2 if one no longer applies.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORE = "omniglot/core/"
HEADERS = "omniglot/include/omniglot/"
TESTS = ("core-scope", "core-upgrade", "core-write", "core-validate")

# (what is broken, file, the check, what it becomes)
MUTATIONS = (
    ("bounds: end of the live range", HEADERS + "upgrade.h",
     "size <= end - start && address - start <= end - start - size",
     "size <= end - start && address - start <= end - start"),
    ("bounds: size beyond the range", HEADERS + "upgrade.h",
     "size <= end - start && address - start", "address - start"),
    ("bounds: start of the range", HEADERS + "upgrade.h",
     "address - start <= end - start - size",
     "(address < start || address - start <= end - start - size)"),
    ("bounds: fast path checks memory", HEADERS + "upgrade.h",
     "og_is_within(address, size, context->live_start, context->live_end) &&", "address != 0 &&"),
    ("bounds: region found by address", CORE + "upgrade.c",
     "domain->regions[low].start <= address", "1"),
    ("bounds: region's end", CORE + "upgrade.c",
     "!region || !og_is_within(address, size, region->start, region->end)", "!region"),
    ("rights: write to read-only region", CORE + "upgrade.c",
     "if ((region->rights & rights) != rights)\n            return og_fail", "if (0)\n            return og_fail"),
    ("null pointer", CORE + "upgrade.c", "if (address == 0)", "if (0)"),
    ("alignment: slow path", CORE + "upgrade.c", "if (address & (alignment - 1))", "if (0)"),
    ("alignment: fast path", HEADERS + "upgrade.h", "(address & (alignment - 1)) == 0", "1"),
    ("overflow: upgrade", HEADERS + "upgrade.h",
     "if (__builtin_mul_overflow(size, count, &bytes)) {",
     "if ((void)(bytes = size * count), 0) {"),
    ("overflow: array write", HEADERS + "write.h",
     "if (__builtin_mul_overflow(size, count, &bytes))\n        return og_fail(fault, OG_OVERFLOW, "
     "NULL, address, \"count times size does not fit\");\n    return og_write_bytes",
     "bytes = size * count;\n    return og_write_bytes"),
    ("overflow: array read", HEADERS + "write.h",
     "if (__builtin_mul_overflow(size, count, &bytes))\n        return og_fail(fault, OG_OVERFLOW, "
     "NULL, address, \"count times size does not fit\");\n    return og_read_bytes",
     "bytes = size * count;\n    return og_read_bytes"),
    ("overflow: validators", CORE + "extent.h",
     "if (__builtin_mul_overflow(size, count, &bytes))", "if ((void)(bytes = size * count), 0)"),
    ("overflow: allocation", CORE + "scope.c",
     "if (__builtin_mul_overflow(size, count, &bytes)) {", "if ((void)(bytes = size * count), 0) {"),
    ("scope: upgrade needs a live one", HEADERS + "upgrade.h",
     "if (!og_access_is_live(access)) {", "if (0) {"),
    ("scope: reading needs a live one", HEADERS + "write.h",
     "if (!og_access_is_live(access))\n        return og_access_refused", "if (0)\n        return og_access_refused"),
    ("scope: ending forgets the allocations", CORE + "scope.c",
     "    context->live_start = context->open[depth].mark;\n", ""),
    ("scope: ended scope is marked", CORE + "scope.c",
     "    scope->access.context = &og_ended_context;\n    if (is_shut", "    if (is_shut"),
    ("scope: inner scopes end with the outer", CORE + "scope.c",
     "    __atomic_store_n(&context->depth, depth, __ATOMIC_RELEASE);\n", "    context->depth--;\n"),
    ("scope: outer is usable again", CORE + "scope.c",
     "context->exclusive = depth ? &context->open[depth - 1].scope->access : NULL;",
     "context->exclusive = NULL;"),
    ("scope: only open scopes are ended", CORE + "scope.c",
     "    if (depth <= context->floor)\n        return;\n    end_down_to(context, depth - 1);",
     "    if (depth && depth <= context->floor)\n        return;\n"
     "    end_down_to(context, depth ? depth - 1 : 0);"),
    ("scope: a callback's caller's are not ended", CORE + "scope.c",
     "    if (depth <= context->floor)\n        return;\n    end_down_to(context, depth - 1);",
     "    if (!depth)\n        return;\n    end_down_to(context, depth - 1);"),
    ("scope: a callback's caller's are not begun", CORE + "scope.c",
     "        if (depth <= context->floor)\n            return;\n", ""),
    ("scope: a callback's own is not ended", CORE + "scope.c",
     "    context->floor = depth;\n", ""),
    ("scope: a callback's end lets the caller end its own", CORE + "scope.c",
     "    context->floor = enclosing;\n", ""),
    ("scope: a callback without one has no other", CORE + "scope.c",
     "        context->exclusive = NULL; /* born ended", "        ; /* born ended"),
    ("scope: begun again, it ends first", CORE + "scope.c",
     "        end_down_to(context, depth - 1);\n    }", "    }"),
    ("scope: none is begun while reading", CORE + "scope.c", "if (context->shared ||", "if ("),
    ("scope: depth", CORE + "scope.c", "context->depth == OG_SCOPE_DEPTH ||", ""),
    ("scope: room for allocations", CORE + "scope.c",
     "if (bytes > context->live_start - context->stack_low ||", "if ("),
    ("scope: room after aligning", CORE + "scope.c",
     "((context->live_start - bytes) & ~(alignment - 1)) < context->stack_low) {", "0) {"),
    ("scope: allocations are zeroed", CORE + "scope.c", "    if (memory)\n        __builtin_memset",
     "    if (!memory)\n        __builtin_memset"),
    ("access: write needs it exclusively", HEADERS + "write.h",
     "if (!OG_LIKELY(access->context->exclusive == access))", "if (!og_access_is_live(access))"),
    ("access: invoke needs it exclusively", HEADERS + "call.h",
     "context->exclusive == access && context->domain", "context->domain"),
    ("access: allocation needs it exclusively", CORE + "scope.c",
     "if (!OG_LIKELY(context->exclusive == &scope->access)) {", "if (0) {"),
    ("access: validation needs a read section", CORE + "extent.h",
     "OG_LIKELY(access->context->shared == access)", "1"),
    ("access: values are gone after the section", HEADERS + "validate.h",
     "OG_LIKELY(access->context->shared == access) ?", "1 ?"),
    ("access: reading gives up exclusive access", CORE + "scope.c",
     "    context->exclusive = NULL;\n    context->shared = access;", "    context->shared = access;"),
    ("domain: function of another one", HEADERS + "call.h",
     "context->exclusive == access && context->domain == function->domain",
     "context->exclusive == access"),
    ("poisoned: the next call", HEADERS + "call.h", "&&\n                  !context->poisoned", ""),
    ("poisoned: a call whose scope ended", CORE + "scope.c", "    .poisoned = OG_SCOPE,\n", ""),
    ("poisoned: the call's outcome", HEADERS + "call.h",
     "OG_LIKELY(!context->poisoned) ?", "1 ?"),
    ("write: the reference is checked", HEADERS + "write.h",
     "        og_memory_check(access->context, address, size, 1, OG_READ | OG_WRITE, fault);", "        OG_OK;"),
    ("read: the reference is checked", HEADERS + "write.h",
     "og_memory_check(access->context, address, size, 1, OG_READ, fault);", "OG_OK;"),
    ("validate bool", CORE + "validate_scalar.c",
     "if (!og_is_bool(address)) {", "if (0) {"),
    ("validate range", CORE + "validate_scalar.c", "if (!og_is_in_range(", "if (0 && !og_is_in_range("),
    ("validate range: low end", CORE + "integer.h", "(int64_t)value >= (int64_t)low &&", ""),
    ("validate range: high end", CORE + "integer.h", "&& (int64_t)value <= (int64_t)high", ""),
    ("validate range: unsigned low end", CORE + "integer.h", "value >= low && value <= high", "value <= high"),
    ("validate range: unsigned high end", CORE + "integer.h", "value >= low && value <= high", "value >= low"),
    ("validate range: sign of one byte", CORE + "integer.h", "is_signed ? (uint64_t)(int8_t)value : value", "value"),
    ("validate range: sign of two bytes", CORE + "integer.h", "is_signed ? (uint64_t)(int16_t)value : value", "value"),
    ("validate range: sign of four bytes", CORE + "integer.h", "is_signed ? (uint64_t)(int32_t)value : value", "value"),
    ("validate enum", CORE + "validate_scalar.c", "if (!og_is_one_of(", "if (0 && !og_is_one_of("),
    ("validate pointer", CORE + "validate_scalar.c",
     "if (!og_upgrade_bytes(access, pointer, size, count, alignment, rights, fault))", "if (0 * pointer)"),
    ("validate string: bound", CORE + "validate_text.c", "    if (room > maximum)\n        room = maximum;\n", ""),
    ("validate string: region's end", CORE + "validate_text.c",
     "size_t room = memory_end - address;", "size_t room = maximum;"),
    ("validate string: NUL", CORE + "validate_text.c", "if (!end) {", "if (0) {"),
    ("validate strings: together", CORE + "validate_text.c", "        left -= length + 1;\n", ""),
    ("validate UTF-8: overlong three", CORE + "validate_text.c", "first == 0xE0 ? 0xA0 :", ""),
    ("validate UTF-8: overlong four", CORE + "validate_text.c", "first == 0xF0 ? 0x90 : 0x80", "0x80"),
    ("validate UTF-8: overlong two", CORE + "validate_text.c", "first < 0xC2 ? 0", "first < 0xC0 ? 0"),
    ("validate UTF-8: surrogates", CORE + "validate_text.c", "first == 0xED ? 0x9F :", ""),
    ("validate UTF-8: above U+10FFFF", CORE + "validate_text.c", "first == 0xF4 ? 0x8F : 0xBF", "0xBF"),
    ("validate UTF-8: first byte", CORE + "validate_text.c", "first < 0xF5 ? 4", "first < 0xFF ? 4"),
    ("validate UTF-8: cut short", CORE + "validate_text.c", "if (length > room)", "if (0)"),
    ("validate UTF-8: continuation", CORE + "validate_text.c", "if ((text[i] & 0xC0) != 0x80)", "if (0)"),
    ("validate UTF-8: fast path", CORE + "validate_text.c", "if (!(eight & 0x8080808080808080u)) {",
     "if (!(eight & 0x0080808080808080u)) {"),
    ("validate array", CORE + "validate_scalar.c",
     "if (og_check_readable(access, address, size, count, alignment, fault))", "if (0 * size * count * alignment)"),
    ("validate rule: memory", CORE + "validate_rule.c",
     "if (og_check_readable(access, address, size, count, alignment, fault))", "if (0 * size * alignment)"),
    ("validate rule: every element", CORE + "validate_rule.c",
     "uintptr_t end = address + count * size;", "uintptr_t end = address + (count > 0) * size;"),
    ("validate rule: last element", CORE + "validate_rule.c",
     "uintptr_t end = address + count * size;",
     "uintptr_t end = address + (count - (count > 1)) * size;"),
    ("validate rule: bool", CORE + "validate_rule.c",
     "if (!og_is_bool(address))", "if (0)"),
    ("validate rule: integer", CORE + "validate_rule.c", "if (!og_is_in_range(", "if (0 && !og_is_in_range("),
    ("validate rule: enum", CORE + "validate_rule.c", "if (!is_enumerator(", "if (0 && !is_enumerator("),
    ("validate rule: signed enum", CORE + "validate_rule.c",
     "(int64_t)og_extend_sign(value, rule->size)", "(int64_t)value"),
    ("validate rule: unsigned enum", CORE + "validate_rule.c",
     "og_is_one_of((int64_t)value, rule->values, rule->value_count) ||", ""),
    ("validate rule: function", CORE + "validate_rule.c", "domain->runtime->is_callback(domain, pointer)", "domain"),
    ("validate rule: null function", CORE + "validate_rule.c", "(pointer == 0 && rule->nullable) ||", "pointer == 0 ||"),
    ("validate rule: null pointer", CORE + "validate_rule.c",
     "if (pointer == 0 && (rule->nullable || (rule->counted && count == 0)))", "if (pointer == 0)"),
    ("validate rule: counted pointer", CORE + "validate_rule.c", "count = (size_t)counted;", "count = 0 * (size_t)counted;"),
    ("validate rule: nested struct", CORE + "validate_rule.c", "if (depth == OG_RULE_DEPTH)\n            return og_fail", "if (1)\n            return OG_OK;\n        if (0)\n            return og_fail"),
    ("rule: depth", CORE + "validate_rule.c", "if (depth == OG_RULE_DEPTH)", "if (0)"),
    ("rule: must not be empty", CORE + "validate_rule.c", "if (size == 0)", "if (0)"),
    ("rule: field inside its struct", CORE + "validate_rule.c", "!is_inside(field, rule) ||", ""),
    ("rule: elements inside the struct", CORE + "validate_rule.c",
     "!__builtin_mul_overflow(field->size, field->count ? field->count : 1, &bytes)",
     "(bytes = field->size * (field->count ? field->count : 1), 1)"),
    ("rule: count inside its struct", CORE + "validate_rule.c", "&& !is_count_inside(field, rule)", "&& 0"),
    ("rule: size of a bool", CORE + "validate_rule.c", "if (size != 1)", "if (0)"),
    ("rule: size of an integer", CORE + "validate_rule.c",
     "int is_signed = rule->kind == OG_SIGNED;\n        if (!og_is_integer_size(size))",
     "int is_signed = rule->kind == OG_SIGNED;\n        if (0)"),
    ("rule: size of an enum", CORE + "validate_rule.c",
     "case OG_ENUM:\n        if (!og_is_integer_size(size))", "case OG_ENUM:\n        if (0)"),
    ("rule: size of a pointer", CORE + "validate_rule.c",
     "case OG_POINTER:\n        if (size != sizeof(uintptr_t))", "case OG_POINTER:\n        if (0)"),
    ("rule: size of a function pointer", CORE + "validate_rule.c",
     "case OG_FUNCTION:\n        if (size != sizeof(uintptr_t))", "case OG_FUNCTION:\n        if (0)"),
    ("rule: pointer counted by no field", CORE + "validate_rule.c",
     " || (rule->kind == OG_POINTER && rule->counted)", ""),
    ("rule: as large as its type", CORE + "validate_rule.c", "rule->size != size || ", ""),
)


def run_tests(folder):
    """The names of the tests that fail (or the whole program's, if it crashes or hangs)."""
    failed = []
    core = sorted(os.path.join(CORE, name) for name in os.listdir(os.path.join(folder, CORE))
                  if name.endswith(".c") and name != "isolation.c")  # as in omniglot/build.mk
    for test in TESTS:
        built = subprocess.run(
            ["gcc", "-std=gnu11", "-O1", "-w", "-fsanitize=address", "-D_GNU_SOURCE",
             "-I.", "-Iomniglot/include", f"omniglot/tests/{test}.c", "omniglot/tests/fake-domain.c",
             *core, "-lcmocka", "-o", "test"], cwd=folder, capture_output=True, text=True, check=False)
        if built.returncode:
            sys.exit(f"mutate: {test} does not build:\n{built.stderr}")
        try:
            done = subprocess.run(["./test"], cwd=folder, capture_output=True, timeout=10, check=False,
                                  env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
        except subprocess.TimeoutExpired:
            failed.append(f"{test} (hangs)")
            continue
        names = re.findall(r"^not ok \d+ - (\S+)", done.stdout.decode(errors="replace"), re.MULTILINE)
        if done.returncode and not names:
            names = [f"{test} (crashes)"]
        failed += names
    return failed


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        for part in ("omniglot/core", "omniglot/include", "omniglot/tests"):
            shutil.copytree(os.path.join(TOP, part), os.path.join(folder, part))
        if run_tests(folder):
            sys.exit("mutate: the tests fail without any mutation")
        chosen = [mutation for mutation in MUTATIONS if word in mutation[0]]
        for number, (name, file, check, broken) in enumerate(chosen, 1):
            path = os.path.join(folder, file)
            with open(path, encoding="utf-8") as source:
                original = source.read()
            if check not in original:
                print(f"mutate: '{name}': {file} no longer holds its check", file=sys.stderr)
                sys.exit(2)
            with open(path, "w", encoding="utf-8") as source:
                source.write(original.replace(check, broken, 1))
            failed = run_tests(folder)
            with open(path, "w", encoding="utf-8") as source:
                source.write(original)
            survived += not failed
            print(f"[{number:2}/{len(chosen)}] {name}: {', '.join(failed[:3]) or 'SURVIVES'}"
                  f"{f' and {len(failed) - 3} more' if len(failed) > 3 else ''}", flush=True)
    print(f"{len(chosen)} mutations, {survived} survived")
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main()
