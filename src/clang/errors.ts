/** Clang is not there, or cannot make BPF objects. */
export class ClangError extends Error {
  override readonly name = "ClangError";
}

/** How to get it, by machine. */
const INSTALL: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: "brew install llvm (Apple's own clang has no BPF target)",
  linux: "apt install clang (Debian, Ubuntu), dnf install clang (Fedora), apk add clang (Alpine), pacman -S clang (Arch)",
};

/** @param tried why those that are there will not do */
export function noClang(file: string, tried: readonly string[]): ClangError {
  const why = tried.length === 0 ? "found none" : tried.join("; ");
  const install = INSTALL[process.platform] ?? "install LLVM with clang";
  return new ClangError(
    `${file}: a program in C needs clang 14 or newer with the BPF target, ${why}. To get it: ${install}; or say with SKEP_CLANG where it is`,
  );
}
