/** Runs a script that asks a kernel: the one that runs here, or one of Debian's in QEMU. Always in a process of its own. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { findKernel, type KernelName } from "./kernels.ts";

const BOOT = fileURLToPath(new URL("boot.sh", import.meta.url));

/** @returns what the script printed. */
export function runHere(script: string, ...args: string[]): string {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", script, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (status !== 0) console.error(`the child ended with ${signal ?? `status ${status}`}: ${stderr.trim()}`);
  return stdout;
}

/** @throws Error when there is no such kernel here, or the guest gave no answers. */
export function runInGuest(kernel: string, script: string, ...args: string[]): string {
  const found = findKernel(kernel as KernelName);
  if ("missing" in found) throw new Error(found.missing);
  const { output, said } = bootWith(found.folder, ["--no-warnings", script, ...args]);
  if (said !== "") console.error(said);
  return output;
}

/** What came of node in a guest that was booted for it alone. */
export interface GuestAnswer {
  /** As a shell has it: 139 for a process that a segmentation fault ended. */
  readonly status: number;
  readonly output: string;
  /** What else was on the console: node's last errors, and what the kernel said. */
  readonly said: string;
}

export interface GuestOptions {
  /** After which the guest is given up. */
  readonly milliseconds?: number;
  /** Variables of node's environment there. `SKEP_GUEST` is the kernel's folder. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * @param folder an unpacked kernel package.
 * @throws Error when the guest did not get as far as answering.
 */
export function bootWith(
  folder: string,
  args: readonly string[],
  { milliseconds = 300_000, environment = {} }: GuestOptions = {},
): GuestAnswer {
  const work = mkdtempSync(join(tmpdir(), "skep-guest-"));
  try {
    const run = join(work, "run.sh");
    const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
    const variables = Object.entries({ SKEP_GUEST: folder, ...environment }).map(([name, value]) => `${name}=${quote(value)}`);
    const command = [...variables, ...[process.execPath, ...args].map(quote)].join(" ");
    // The console is slow: the answers are compressed.
    const load = `${command} > /run/answers 2> /run/errors; status=$?; tail -20 /run/errors`;
    // From there on the kernel is quiet: what it said in between would be taken for an answer.
    writeFileSync(
      run,
      `${load}\necho 1 > /proc/sys/kernel/printk\necho ANSWERS-BEGIN $status\ngzip -9 -c /run/answers | base64 -w 200\necho ANSWERS-END\n`,
    );
    const { stdout, stderr } = spawnSync(BOOT, [folder, run], { encoding: "utf8", maxBuffer: 1 << 30, timeout: milliseconds });
    const [, status, answers] = /ANSWERS-BEGIN (\d+)\r?\n([\s\S]*?)ANSWERS-END/.exec(stdout) ?? [];
    if (answers === undefined) throw new Error(`the guest gave no answers: ${stdout.slice(-2000)}${stderr.slice(-2000)}`);
    return {
      status: Number(status),
      output: gunzipSync(Buffer.from(answers, "base64")).toString(),
      said: stdout.slice(0, stdout.indexOf("ANSWERS-BEGIN")).trim(),
    };
  } finally {
    rmSync(work, { recursive: true });
  }
}
