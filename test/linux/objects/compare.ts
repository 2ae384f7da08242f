/**
 * Objects, other people's above all, loaded by libbpf and by Skep on the kernel that runs here: what one loads the other must load, and what
 * the kernel refuses it must refuse with the same words. Each loader is a process in a mount namespace with a bpf file system of its own;
 * nothing is attached, and nothing stays.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gapBehind } from "./gaps.ts";
import type { Loaded } from "./load.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** As many objects at once: starting a process is dear, and a kernel that kills one spoils the others' answers. */
const BATCH = 25;

/** Compiles the loader of libbpf; the reason when that cannot be done. `flags`: other than the installed library's. */
export function buildLoader(flags: readonly string[] = ["-lbpf"]): { readonly path: string } | { readonly missing: string } {
  const folder = mkdtempSync(join(tmpdir(), "skep-loader-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "libbpf-load");
  const built = spawnSync("cc", ["-O1", "-o", path, join(HERE, "libbpf-load.c"), ...flags], { encoding: "utf8" });
  if (built.error !== undefined) return { missing: "a C compiler (cc)" };
  return built.status === 0 ? { path } : { missing: `libbpf-dev: ${built.stderr.trim().split("\n").at(-1)}` };
}

/** What one of the two says of objects. */
export function loadBy(command: readonly string[], objects: readonly string[]): Loaded[] {
  const answers: Loaded[] = [];
  for (let at = 0; at < objects.length; at += BATCH) {
    const batch = objects.slice(at, at + BATCH);
    const answer = run(command, batch);
    if (answer !== null) answers.push(...answer);
    // Somebody in it was killed: one by one, so that the others are heard.
    else for (const object of batch) answers.push(...(run(command, [object]) ?? [killed(object)]));
  }
  return answers;
}

function run(command: readonly string[], objects: readonly string[]): Loaded[] | null {
  const mounted = ["-m", "sh", "-c", 'mount -t bpf bpf /sys/fs/bpf && exec "$@"', "sh", ...command, ...objects];
  const { status, stdout } = spawnSync("unshare", mounted, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 300_000,
  });
  if (status !== 0) return null;
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Loaded);
}

const killed = (object: string): Loaded => ({ object, program: "", error: -1, stage: "open", last: "the loader was killed" });

export const SKEP: readonly string[] = [process.execPath, "--no-warnings", join(HERE, "load.ts")];

export interface Difference {
  readonly object: string;
  readonly program: string;
  readonly libbpf: string;
  readonly skep: string;
}

export interface Comparison {
  readonly programs: number;
  readonly loaded: number;
  /** Refused by both. */
  readonly refused: number;
  /** Gone on with by Skep alone, as gaps.ts says. */
  readonly gaps: number;
  readonly differences: readonly Difference[];
}

/** @param wordForWord false: whether it loads is all that counts. */
export function compare(libbpf: readonly Loaded[], skep: readonly Loaded[], wordForWord = true): Comparison {
  const keyOf = ({ object, program }: Loaded): string => `${object}\0${program}`;
  const ours = new Map(skep.map((each) => [keyOf(each), each]));
  const theirs = new Map(libbpf.map((each) => [keyOf(each), each]));
  const differences: Difference[] = [];
  let loaded = 0;
  let refused = 0;
  let gaps = 0;
  for (const key of new Set([...theirs.keys(), ...ours.keys()])) {
    const [object = "", program = ""] = key.split("\0");
    const left = theirs.get(key);
    const right = ours.get(key);
    // An object that one of them does not open has no programs there.
    const whole = (answers: ReadonlyMap<string, Loaded>): Loaded | undefined => {
      const answer = answers.get(`${object}\0`);
      return answer?.stage === "open" ? answer : undefined;
    };
    const mine = right ?? whole(ours);
    const its = left ?? whole(theirs);
    if (its?.error === 0 && mine?.error === 0) loaded++;
    else if (its !== undefined && mine !== undefined && same(its, mine, wordForWord)) refused++;
    else if (its !== undefined && its.stage !== "verifier" && gapBehind(mine?.gaps ?? [], its.last) !== undefined) gaps++;
    else differences.push({ object, program, libbpf: describe(its), skep: describe(mine) });
  }
  return { programs: theirs.size, loaded, refused, gaps, differences };
}

function same(its: Loaded, mine: Loaded, wordForWord: boolean): boolean {
  if (its.error === 0 || mine.error === 0) return its.error === mine.error;
  if (!wordForWord) return true;
  // What libbpf finds out by itself we do, too, before the kernel is asked: who said it does not matter.
  if (its.stage !== "verifier" && mine.stage !== "verifier") return true;
  if (its.stage !== mine.stage || its.error !== mine.error) return false;
  return plain(its.last) === plain(mine.last);
}

/** What libbpf makes of the kernel's `invalid func unknown#N` where it put that call. */
const POISONED =
  /^failed to resolve CO-RE relocation|^the BPF map '.*' is referenced but wasn't created|^kfunc '.*' is referenced but wasn't resolved|^invalid func unknown#/;

/** Numbers of types and descriptors are each process's own. */
const plain = (line: string): string => (POISONED.test(line) ? "poisoned" : line.trim().replace(/\b(fd|id)[= ]?\d+/g, "$1"));

const describe = (answer: Loaded | undefined): string =>
  answer === undefined
    ? "no such program"
    : answer.error === 0
      ? "loads"
      : `${answer.stage} refuses (${answer.error}): ${answer.last.trim()}`;
