/** Programs of an object run in the kernel, as bpftool loads and runs them: in a child with mounts of its own, gone with it. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Loads all programs of the object, runs one on the packet in `$3`, and leaves the packet in `$4`. Maps are pinned: a program array that
 * no process and no file holds loses its programs.
 */
const SCRIPT = `
mount -t bpf none /sys/fs/bpf
bpftool prog loadall "$1" /sys/fs/bpf/object pinmaps /sys/fs/bpf/maps
bpftool prog run pinned "/sys/fs/bpf/object/$2" data_in "$3" data_out "$4" repeat "$5"`;

interface Run {
  readonly verdict: number;
  readonly packet: Uint8Array;
  /** Nanoseconds for one run. */
  readonly duration: number;
}

/** Nanoseconds for one run of many. @throws as `runInKernel` */
export const measureInKernel = (object: string, program: string, input: Uint8Array, repeat: number): number =>
  runInKernel(object, program, input, repeat).duration;

/** @throws Error with what bpftool says, which is the verifier's log when the kernel refused. */
export function runInKernel(object: string, program: string, input: Uint8Array, repeat = 1): Run {
  const folder = mkdtempSync(join(tmpdir(), "skep-run-"));
  try {
    const [before, behind] = [join(folder, "in"), join(folder, "out")];
    writeFileSync(before, input);
    const args = ["-m", "--propagation", "private", "sh", "-e", "-c", SCRIPT, "sh", object, program, before, behind, `${repeat}`];
    const { status, stdout, stderr } = spawnSync("unshare", args, { encoding: "utf8", maxBuffer: 1 << 26 });
    const [, verdict, duration] = /Return value: (\d+), duration(?: \(average\))?: (\d+)ns/.exec(stdout) ?? [];
    if (status !== 0 || verdict === undefined) throw new Error(`${program} of ${object}: ${stderr || stdout}`);
    return { verdict: Number(verdict), packet: new Uint8Array(readFileSync(behind)), duration: Number(duration) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
