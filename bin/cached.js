// Runs a bundle with what V8 made of it in earlier processes. Node's compile cache (module.enableCompileCache) has only what is compiled before
// anything runs, so not the functions inside: to parse those again took longer than all that they do for a small program.
const fs = process.getBuiltinModule("node:fs");
const { createRequire } = process.getBuiltinModule("node:module");
const { homedir } = process.getBuiltinModule("node:os");
const { isAbsolute, join } = process.getBuiltinModule("node:path");
const vm = process.getBuiltinModule("node:vm");

/** After so many processes in a row that had nothing to add, a cache stays as it is. */
const SETTLED = 3;
/** Caches of other bundles go when nobody wrote them for so long. */
const FORGOTTEN_MS = 14 * 24 * 60 * 60 * 1000;

/**
 * Runs a CommonJS bundle and gives its exports: ASCII text, whose first line is a comment of its hash, whose `import.meta.url` is called `bundleUrl`, and
 * which has no `import()`. `use` says what of it this process is about to use: each use has a cache, which the first few processes fill when they end.
 *
 * V8 takes a cache for a text of the same length, by the same V8 with the same flags; that it is the same text, the name says.
 */
export function runCached(file, url, use, folder = cacheFolder()) {
  const source = fs.readFileSync(file, "latin1");
  const bundle = /^\/\/ ([0-9a-f]{16})\n/.exec(source)?.[1];
  if (bundle === undefined) throw new Error(`${file} does not begin with its hash`);
  const path = folder === null ? null : join(folder, `${bundle}-${process.version}-${process.arch}-${use}`);
  const before = path === null ? null : read(path);
  const cachedData = before?.subarray(0, -1);
  const script = new vm.Script(`(function (exports, require, module, bundleUrl) {${source}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const isAccepted = cachedData !== undefined && script.cachedDataRejected === false;
  const settled = isAccepted ? before.at(-1) : 0;
  if (path !== null && settled < SETTLED) {
    process.once("exit", () => {
      const data = script.createCachedData();
      const hasGrown = !isAccepted || data.length > cachedData.length * 1.01;
      write(path, bundle, hasGrown ? data : cachedData, hasGrown ? 0 : settled + 1);
    });
  }
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(url), module, url);
  return { exports: module.exports, isAccepted };
}

/** Of the user alone: what is in it is run. Null when there is to be none. */
function cacheFolder() {
  if (process.env.NODE_DISABLE_COMPILE_CACHE === "1") return null;
  const given = process.env.XDG_CACHE_HOME ?? "";
  try {
    return join(isAbsolute(given) ? given : join(homedir(), ".cache"), "skep/code");
  } catch {
    return null; // a user without a home
  }
}

/** Null when it is not there, or not surely our own. */
function read(path) {
  let file;
  try {
    file = fs.openSync(path, "r");
    const { uid, mode } = fs.fstatSync(file);
    if (process.geteuid !== undefined && (uid !== process.geteuid() || (mode & 0o022) !== 0)) return null;
    const bytes = fs.readFileSync(file);
    return bytes.length > 1 ? bytes : null;
  } catch {
    return null;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

/** The cache, and in its last byte how many processes had nothing to add. Whatever hinders it: the next start is slower, and no more. */
function write(path, bundle, data, settled) {
  const folder = join(path, "..");
  const made = `${path}.${process.pid}`;
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    fs.writeFileSync(made, Buffer.concat([data, Uint8Array.of(settled)]), { mode: 0o600 });
    fs.renameSync(made, path);
    for (const name of fs.readdirSync(folder)) {
      const other = join(folder, name);
      if (!name.startsWith(bundle) && fs.statSync(other).mtimeMs < Date.now() - FORGOTTEN_MS) fs.rmSync(other);
    }
  } catch {
    fs.rmSync(made, { force: true });
  }
}
