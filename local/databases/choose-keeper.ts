import { ministack } from '../../tools/emulators/ministack.js';
import type { PythonTool } from '../../tools/emulators/python-tool.js';
import { createDynoxide } from './dynoxide.js';
import { findDynoxide, type Machine } from '../../tools/emulators/dynoxide.js';
import { CommandError } from '../../tools/terminal/command-error.js';
import { installMinistack } from './ministack.js';
import type { TableKeeper } from './table-keeper.js';

/**
 * dynoxide, or else MiniStack, which needs Python. BAZAR_EMULATOR names one of them.
 *
 * @throws CommandError where it is not to be had.
 */
export async function chooseTableKeeper(
  onNews: (line: string) => void,
  machine: Machine = process,
  standIn: PythonTool = ministack,
): Promise<TableKeeper> {
  // Its processes are looked after with a shell, groups and signals.
  if (machine.platform === 'win32') {
    throw new CommandError('Bazar does not run on Windows itself: run it in WSL 2');
  }
  const wanted = machine.env['BAZAR_EMULATOR'] ?? '';
  if (!['', 'dynoxide', 'ministack'].includes(wanted)) {
    throw new CommandError(`BAZAR_EMULATOR is dynoxide or ministack, not ${wanted}`);
  }
  let reason = 'BAZAR_EMULATOR asks for MiniStack';
  if (wanted !== 'ministack') {
    try {
      return createDynoxide(findDynoxide(machine));
    } catch (error) {
      if (wanted === 'dynoxide' || machine.env['DYNOXIDE']) throw error;
      reason = (error as Error).message;
    }
  }
  const keeper = await installMinistack(onNews, standIn).catch((error: Error) => {
    throw new CommandError(
      `${reason}, and MiniStack cannot take its place: ${error.message}; install Python 3.11 or later, or run Bazar in a Linux x64 container or virtual machine`,
    );
  });
  onNews(`MiniStack keeps the tables, and writes them to disk when the store ends (${reason})`);
  return keeper;
}
