/**
 * Both sides of a delegation, as a container's manager and a container have them: `manager` (root, in the first user namespace) and `container`
 * (in a user namespace of its own), which loads a map and a program with a token.
 *
 * The file system must be opened in the container's namespace and allowed things by the manager: so the container opens it, the manager takes a
 * copy of that descriptor, sets what is delegated, and the container mounts it.
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import koffi from "koffi";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { program } from "../../src/engine/linux/fixtures/programs.ts";
import { SystemError } from "../../src/engine/linux/sys/system-error.ts";
import type { Spec } from "../../src/object/spec.ts";

/** The same numbers on every machine (Linux 5.2, 5.3, 5.6). */
const CALL = { moveMount: 429, fsopen: 430, fsconfig: 431, fsmount: 432, pidfdOpen: 434, pidfdGetfd: 438 } as const;
const FSCONFIG = { setString: 1, create: 6 } as const;
const AT_FDCWD = -100;
const MOVE_MOUNT_F_EMPTY_PATH = 4;

const syscall = koffi.load(null).func("syscall", "long", ["long", ...Array<string>(5).fill("intptr_t")]) as (
  ...args: number[]
) => number;
const kept: Uint8Array[] = [];

/** @throws SystemError */
function call(name: keyof typeof CALL, ...args: readonly (number | string)[]): number {
  const words = args.map((arg) => {
    if (typeof arg === "number") return arg;
    const text = new TextEncoder().encode(`${arg}\0`);
    kept.push(text);
    return Number(koffi.address(text));
  });
  const result = syscall(CALL[name], ...words, ...Array<number>(5 - words.length).fill(0));
  if (result < 0) throw new SystemError(name, koffi.errno());
  return result;
}

const SPEC: Spec = {
  name: "delegated",
  license: "GPL",
  types: null,
  maps: [{ name: "delegated", type: "hash", keySize: 4, valueSize: 4, maxEntries: 4, flags: 0, keyType: 0, valueType: 0 }],
  programs: [program("delegated", "xdp")],
};

async function container(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const context = call("fsopen", "bpf", 0);
  process.stdout.write(`${JSON.stringify({ pid: process.pid, context })}\n`);
  await lines.next();
  const mount = call("fsmount", context, 0, 0);
  call("moveMount", mount, "", AT_FDCWD, "/sys/fs/bpf", MOVE_MOUNT_F_EMPTY_PATH);
  const attempt = async (options: { readonly token?: string }): Promise<string> => {
    try {
      await using engine = await openLinux(options);
      await using collection = await engine.load(SPEC);
      collection.maps["delegated"]?.set(new Uint8Array(4), new Uint8Array(4));
      return `loaded: ${engine.descriptors.map((line) => line.replace(/^\d+: /, "")).join(", ")}`;
    } catch (error) {
      return error instanceof Error ? error.name : String(error);
    }
  };
  const answer = { found: await attempt({}), named: await attempt({ token: "/sys/fs/bpf" }), none: await attempt({ token: "" }) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function manager(): Promise<void> {
  const child = spawn("unshare", ["-Urm", process.execPath, "--no-warnings", fileURLToPath(import.meta.url), "container"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  const { pid, context } = JSON.parse(value ?? "{}") as { pid: number; context: number };
  const own = call("pidfdGetfd", call("pidfdOpen", pid, 0), context, 0);
  for (const what of ["cmds", "maps", "progs", "attachs"])
    call("fsconfig", own, FSCONFIG.setString, `delegate_${what}`, "any", 0);
  call("fsconfig", own, FSCONFIG.create, 0, 0, 0);
  child.stdin.end("go\n");
  process.stdout.write(`${(await lines.next()).value}\n`);
  process.exit(0);
}

await (process.argv[2] === "container" ? container() : manager());
