// Runs a program to its end; what it prints is given back, or shown with the error.

/** @throws Error with all that the program printed */
export function run(command: readonly string[], cwd = "/"): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    cwd,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  if (exitCode !== 0)
    throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${stdout.toString()}${stderr.toString()}`);
  return stdout.toString();
}
