/** Object files and what can be said about a Spec without a kernel: what `skep` exports of them. */

export { CoreError } from "./core/errors.ts";
export { type CoreReport, checkRelocations, type RelocateOptions, relocate } from "./core/relocate.ts";
export { ObjectError } from "./errors.ts";
export { LinkError } from "./link/errors.ts";
export { type LinkInput, link } from "./link/link.ts";
export type * from "./module.ts";
export { type ReadOptions, readObject } from "./read.ts";
export { checkPortability, type Finding, type KernelTarget, type PortabilityReport } from "./requirements/portability.ts";
export { type PrivilegeOptions, type PrivilegeReason, type Privileges, privilegesOf } from "./requirements/privileges.ts";
export { type MinimumKernel, minimumKernel, type Place, type Requirement, requirementsOf } from "./requirements/requirements.ts";
export type * from "./spec.ts";
export { WriteError } from "./write/errors.ts";
export { writeObject } from "./write/write.ts";
