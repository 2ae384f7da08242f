/**
 * Records what kernels say of the suite: `node test/verifier/record.ts [--kernel live|6.1|6.12] [--new]`.
 *
 * `live` (the default) is the kernel that runs here, as root: its version must be one of KERNELS. The others run in QEMU
 * (`qemu-system-x86`, `busybox-static`, `cpio`), from Debian's packages `linux-image-…-cloud-amd64`; see test/guest/kernels.ts.
 *
 * `--new` asks of those programs only that have no record yet. Prints where the author of a program expected another verdict.
 */

import { release } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runHere, runInGuest } from "../guest/run.ts";
import type { Answer } from "./kernel.ts";
import { KERNELS, readRecorded, recordedOf, writeRecorded } from "./recorded.ts";
import { suite } from "./suite/all.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const LOAD = join(HERE, "load-suite.ts");

const at = process.argv.indexOf("--kernel");
const asked = at < 0 ? "live" : process.argv[at + 1]!;
const name = KERNELS.find((kernel) => (asked === "live" ? release().startsWith(`${kernel}.`) : kernel === asked));
if (name === undefined) throw new Error(`no such kernel: ${asked}; one of ${KERNELS.join(", ")}, or live on one of those`);

const onlyNew = process.argv.includes("--new");
const known = onlyNew ? readRecorded(name) : new Map();
const flags = onlyNew ? ["--new"] : [];
const output = asked === "live" ? runHere(LOAD, ...flags) : runInGuest(name, LOAD, ...flags);
if (!onlyNew && !output.includes("{")) throw new Error(`${name} gave no answers`);
const answers = new Map<string, Answer>();
for (const line of output.split("\n").filter((line) => line.startsWith("{"))) {
  const { name, ...answer } = JSON.parse(line) as Answer & { readonly name: string };
  answers.set(name, answer);
}
let surprises = 0;
let accepted = 0;
let missing = 0;
const names: string[] = [];
for (const { name: program, expected } of suite()) {
  names.push(program);
  if (known.has(program)) continue;
  const answer = answers.get(program);
  if (answer === undefined) {
    missing++;
    console.log(`no answer: ${program}`);
    continue;
  }
  const { text, errno, failed } = recordedOf(answer);
  if (answer.accepted) accepted++;
  if (answer.accepted === expected) continue;
  surprises++;
  const said = answer.accepted ? "accepted" : `refused (${failed ?? errno}): ${text.replaceAll("\n", " / ")}`;
  console.log(`${program}\n    ${said}`);
}
writeRecorded(name, answers, names);
console.log(
  `${name}: ${answers.size} programs, ${accepted} accepted; ${surprises} not as expected, ${missing} without an answer`,
);
