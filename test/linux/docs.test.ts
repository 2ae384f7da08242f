/** docs/linux.md names what there is: every section that libbpf knows is in its table, or among what is not offered. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FakeKernel, fakeFacts, fakeMachine } from "../../src/engine/linux/fixtures/fake-kernel.ts";
import { program } from "../../src/engine/linux/fixtures/programs.ts";
import { attach } from "../../src/engine/linux/links/attach.ts";
import { SECTIONS } from "../../src/object/sections.ts";
import "../kernel/leaks.ts";

const PAGE = readFileSync(new URL("../../docs/linux.md", import.meta.url), "utf8");

test("what is not offered is what the page says", () => {
  const refused = new Set<string>();
  for (const { name } of SECTIONS) {
    const machine = fakeMachine(new FakeKernel(), fakeFacts());
    const spec = program("mine", name.replace(/\+$/, "/x"));
    try {
      attach({ kernel: machine, spec, descriptor: machine.ledger.adopt(50, "program"), options: {}, maps: new Map() });
    } catch (error) {
      if (/does not attach/.test((error as Error).message)) refused.add(name.replace(/\+$/, "").replace(/\.s$/, ""));
    }
  }
  const [, list = ""] = /^(?:.*\n)*?.*?(`fentry\.multi.*?) are not offered yet/m.exec(PAGE) ?? [];
  const said = [...list.matchAll(/`([\w./…]+)`/g)].map(([, name = ""]) => name);
  for (const name of refused)
    assert.ok(
      said.some((each) => name.startsWith(each.replace(/[/…]+$/, ""))),
      `${name} is not offered, and the page does not say so`,
    );
  for (const name of said)
    assert.ok(
      [...refused].some((each) => each.startsWith(name.replace(/[/…]+$/, ""))),
      `${name} is offered, and the page says it is not`,
    );
});
