/** Runs a script that asks a kernel: the one that runs here, or one of a Debian package in QEMU. Always in a process of its own. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

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

/** @param kernel a folder of `$SKEP_KERNELS`, in which a kernel's package was unpacked. */
export function runInGuest(kernel: string, script: string, ...args: string[]): string {
  const kernels = process.env["SKEP_KERNELS"];
  if (kernels === undefined) throw new Error("SKEP_KERNELS is not set: a folder with unpacked kernel packages 6.1 and 6.12");
  const folder = mkdtempSync(join(tmpdir(), "skep-guest-"));
  try {
    const run = join(folder, "run.sh");
    // The console is slow: the answers are compressed.
    const load = `${process.execPath} --no-warnings ${script} ${args.join(" ")} > /run/answers 2> /run/errors || tail -5 /run/errors`;
    writeFileSync(run, `${load}\necho ANSWERS-BEGIN\ngzip -9 -c /run/answers | base64 -w 200\necho ANSWERS-END\n`);
    const { stdout, stderr } = spawnSync(BOOT, [join(kernels, kernel), run], {
      encoding: "utf8",
      maxBuffer: 1 << 30,
      timeout: 300_000,
    });
    const answers = /ANSWERS-BEGIN\r?\n([\s\S]*?)ANSWERS-END/.exec(stdout)?.[1];
    if (answers === undefined) throw new Error(`the guest gave no answers: ${stdout.slice(-2000)}${stderr.slice(-2000)}`);
    console.error(stdout.slice(0, stdout.indexOf("ANSWERS-BEGIN")).trim());
    return gunzipSync(Buffer.from(answers, "base64")).toString();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
