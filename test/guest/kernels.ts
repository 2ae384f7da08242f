/**
 * Debian's kernels, unpacked and never installed: `apt-get download`, `dpkg -x`, kept in the user's cache. `$SKEP_KERNELS` names a folder that
 * has them already, one folder a version.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Which package brings which kernel: one that depends on the newest build. */
const PACKAGES = { "6.1": "linux-image-cloud-amd64", "6.12": "linux-image-6.12-cloud-amd64" } as const;

export type KernelName = keyof typeof PACKAGES;

/** What a guest needs of this machine, and the package that brings each. */
const TOOLS = [
  ["/usr/lib/qemu/virtiofsd", "qemu-system-x86"],
  ["/usr/bin/qemu-system-x86_64", "qemu-system-x86"],
  ["/bin/busybox", "busybox-static"],
  ["/usr/bin/cpio", "cpio"],
] as const;

export type Kernel = { readonly folder: string } | { readonly missing: string };

/** Where a kernel's package is unpacked, or what was missing for that, for people. */
export function findKernel(name: KernelName): Kernel {
  const lacking = new Set(TOOLS.filter(([path]) => !existsSync(path)).map(([, tool]) => tool));
  if (process.arch !== "x64") return { missing: `guests are emulated on x86-64, this is ${process.arch}` };
  if (lacking.size > 0) return { missing: `guests need the packages ${[...lacking].join(", ")}` };
  const given = process.env["SKEP_KERNELS"];
  if (given !== undefined) {
    const folder = join(given, name);
    return isUnpacked(folder) ? { folder } : { missing: `SKEP_KERNELS: ${folder} has no unpacked kernel` };
  }
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "skep", "kernels", name);
  const exact = newestBuild(PACKAGES[name]);
  const folder = join(cache, exact ?? "");
  if (exact !== null && isUnpacked(folder)) return { folder };
  const reason = exact === null ? `apt does not know ${PACKAGES[name]}` : unpack(exact, cache, folder);
  if (reason === null) return { folder };
  // An older build, from when the packages could be had.
  const old = existsSync(cache) ? readdirSync(cache).find((build) => isUnpacked(join(cache, build))) : undefined;
  return old === undefined ? { missing: `no kernel ${name}: ${reason}` } : { folder: join(cache, old) };
}

const isUnpacked = (folder: string): boolean => existsSync(join(folder, "lib", "modules")) && existsSync(join(folder, "boot"));

function newestBuild(name: string): string | null {
  const { stdout } = spawnSync("apt-cache", ["depends", name], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
  return /Depends: (linux-image-\S+)/.exec(stdout ?? "")?.[1] ?? null;
}

/** Null when it worked, else why not. Another process that does the same does no harm: the folder appears as a whole. */
function unpack(name: string, cache: string, folder: string): string | null {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, ".new-"));
  try {
    const run = (command: string, ...args: string[]): string | null => {
      const { status, stderr, error } = spawnSync(command, args, { cwd: work, encoding: "utf8", timeout: 60_000 });
      return status === 0 ? null : `${command} ${args[0]}: ${error?.message ?? stderr.trim().split("\n").at(-1)}`;
    };
    const failed = run("apt-get", "download", name);
    if (failed !== null) return failed;
    const archive = readdirSync(work).find((file) => file.endsWith(".deb"));
    if (archive === undefined) return `apt-get download ${name} brought nothing`;
    const broken = run("dpkg", "-x", archive, "unpacked");
    if (broken !== null) return broken;
    try {
      renameSync(join(work, "unpacked"), folder);
    } catch (error) {
      if (!isUnpacked(folder)) return (error as Error).message;
    }
    return null;
  } finally {
    rmSync(work, { recursive: true });
  }
}
