/** The tables of first kernel versions, against the running kernel's own enumerations. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { openBtf } from "../../src/btf/btf.ts";
import { KernelOffers } from "../../src/object/requirements/offers.ts";
import { compareKernels, parseKernelVersion } from "../../src/object/requirements/version.ts";
import { ATTACH_TYPE } from "../../src/uapi/attach-types.ts";
import { HELPER } from "../../src/uapi/helpers.ts";
import { MAP_TYPE } from "../../src/uapi/map-types.ts";
import { PROGRAM_TYPE } from "../../src/uapi/program-types.ts";
import {
  ATTACH_TYPE_SINCE,
  helperSince,
  type KernelVersion,
  KFUNC_SINCE,
  MAP_TYPE_SINCE,
  PROGRAM_TYPE_SINCE,
} from "../../src/uapi/since.ts";

const TYPES = "/sys/kernel/btf/vmlinux";
const skip = existsSync(TYPES) ? false : `${TYPES} is missing: this kernel tells no types`;

describe("since", { skip }, () => {
  const offers = skip === false ? new KernelOffers(openBtf(readFileSync(TYPES))) : null;
  const running = parseKernelVersion(readFileSync("/proc/sys/kernel/osrelease", "utf8").trim());

  /** A distribution may have brought things to an older kernel, so only what is missing must be newer. */
  function check(
    kind: "helper" | "map type" | "program type" | "attach type",
    rows: readonly (readonly [string, KernelVersion])[],
  ) {
    assert.ok(offers !== null && running !== null);
    const wrong = rows.filter(([name, since]) => compareKernels(since, running) <= 0 && offers.has(kind, name, since) === false);
    assert.deepEqual(wrong, [], `Linux ${running} should have these ${kind}s`);
  }

  it("map types", () => check("map type", Object.entries(MAP_TYPE_SINCE)));
  it("program types", () => check("program type", Object.entries(PROGRAM_TYPE_SINCE)));
  it("attach types", () => check("attach type", Object.entries(ATTACH_TYPE_SINCE)));
  it("helpers", () => {
    const rows = Object.entries(HELPER).map(([name, number]): [string, KernelVersion] => [name, helperSince(number) ?? "9.9"]);
    check("helper", rows);
  });
  it("this kernel is older than what it lacks", () => {
    assert.ok(offers !== null && running !== null);
    if (offers.before !== null)
      assert.ok(compareKernels(running, offers.before) < 0, `${running} lacks what ${offers.before} has`);
  });
});

it("every number of the tables of linux/bpf.h has a version", () => {
  for (const [name, number] of Object.entries(HELPER)) assert.match(helperSince(number) ?? "", /^\d\.\d+$/, name);
  assert.deepEqual(Object.keys(MAP_TYPE_SINCE), Object.keys(MAP_TYPE));
  assert.deepEqual(Object.keys(ATTACH_TYPE_SINCE).sort(), Object.keys(ATTACH_TYPE).sort());
  assert.deepEqual(["unspec", ...Object.keys(PROGRAM_TYPE_SINCE)], Object.keys(PROGRAM_TYPE));
  assert.equal(helperSince(212), null);
  assert.equal(helperSince(0), null);
});

it("versions only grow with the numbers of helpers and maps", () => {
  const versions = Object.values(HELPER).map((number) => helperSince(number)!);
  const sorted = [...versions].sort(compareKernels);
  assert.deepEqual(versions, sorted);
});

it("known kernel functions", () => {
  assert.equal(KFUNC_SINCE.get("bpf_task_from_pid"), "6.2");
  assert.equal(KFUNC_SINCE.get("bpf_iter_num_new"), "6.4");
  assert.equal(KFUNC_SINCE.get("bpf_no_such_kfunc"), undefined);
});
