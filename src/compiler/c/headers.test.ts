/** The C headers in include/ say what the tables say. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { HELPER } from "../../uapi/helpers.ts";
import { helperDefinitions } from "./helper-definitions.ts";
import { HELPER_PROTOTYPES } from "./helper-prototypes.ts";

const include = resolve(import.meta.dirname, "../../../include");

test("bpf_helper_defs.h is as the tables are: node scripts/make-c-headers.ts", () => {
  assert.equal(readFileSync(`${include}/bpf/bpf_helper_defs.h`, "utf8"), helperDefinitions());
});

test("helpers take five arguments at most", () => {
  for (const [name, [result, parameters]] of Object.entries(HELPER_PROTOTYPES)) {
    assert.match(result, /^(?:void|int|long|__[us]64|__u32|(?:struct \w+|void) \*)$/, name);
    assert.ok(parameters.split(",").length <= 5, name);
  }
});

/** Where Debian's libbpf-dev has the same table. */
const LIBBPF = "/usr/include/bpf/bpf_helper_defs.h";

test("libbpf's header has the same numbers, results and parameters", { skip: !existsSync(LIBBPF) && "no libbpf-dev" }, () => {
  const theirs = [...readFileSync(LIBBPF, "utf8").matchAll(/^static (.+?)\(\*(bpf_\w+)\)\((.*)\) = \(void \*\) (\d+);/gm)];
  assert.ok(theirs.length > 200);
  const different: string[] = [];
  for (const [, result = "", name = "", parameters = "", number] of theirs) {
    const ours = Object.entries(HELPER_PROTOTYPES).find(([known]) => known === name)?.[1];
    assert.equal(Object.entries(HELPER).find(([known]) => known === name)?.[1], Number(number), name);
    if (ours?.[0] !== result.trim() || shape(ours[1]) !== shape(parameters)) different.push(name);
  }
  assert.deepEqual(different, []);
});

/** Types alone. What is const came with the years. */
function shape(parameters: string): string {
  return parameters
    .split(", ")
    .map((parameter) =>
      parameter === "void" || parameter === "..." ? parameter : parameter.replace(/\bconst |\w+$/g, "").trim(),
    )
    .join(", ");
}
