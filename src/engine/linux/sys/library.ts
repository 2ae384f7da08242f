/**
 * The C library, through koffi: the only way from Skep to native code.
 *
 * koffi is imported when somebody opens it, not before: it costs 4 to 8 ms, and a process that only compiles never pays it.
 * `load(null)` finds the C library that Node itself runs on, so that glibc and musl both work.
 */

import { FeatureError } from "../../errors.ts";
import { ARCHITECTURES, type Architecture } from "./arch.ts";

export type Koffi = typeof import("koffi");

export interface Library {
  readonly koffi: Koffi;
  readonly library: ReturnType<Koffi["load"]>;
  readonly architecture: Architecture;
}

/**
 * @param feature for which, and `user` who needs it: for messages.
 * @throws FeatureError when this is not a Linux that koffi is built for.
 */
export async function openLibrary(feature: string, user: string): Promise<Library> {
  const architecture = process.platform === "linux" ? ARCHITECTURES[process.arch] : undefined;
  if (architecture === undefined)
    throw new FeatureError(feature, null, `${user} does not run on ${process.platform} ${process.arch}`);
  const koffi = await importKoffi(architecture.prebuilt);
  return { koffi, library: koffi.load(null), architecture };
}

async function importKoffi(prebuilt: string): Promise<typeof import("koffi")> {
  try {
    return await import("koffi");
  } catch (cause) {
    throw new FeatureError("FFI", null, `the package ${prebuilt} is missing or does not load: install Skep's optional packages`, {
      cause,
    });
  }
}
