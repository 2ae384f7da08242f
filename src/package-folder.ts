/** Files that come with the package and are read as they are: headers, templates, types of kernels. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The path of a folder in the package's root. How far up that is depends on whether this file was bundled.
 * @throws Error when the installation is incomplete
 */
export function packageFolder(name: string): string {
  for (let up = "../"; up.length < 15; up += "../") {
    const root = fileURLToPath(new URL(up, import.meta.url));
    if (existsSync(`${root}package.json`) && existsSync(`${root}${name}`)) return `${root}${name}`;
  }
  throw new Error(`this installation of Skep is incomplete: there is no folder ${name}; install it again`);
}
