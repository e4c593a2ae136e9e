/** `npm run remove`: takes a deployed store down, with its data. */
import { runCommand } from '../tools/terminal/command.js';
import { CommandError } from '../tools/terminal/command-error.js';
import { onTarget, tellStep } from './command.js';
import {
  chosenDeployment,
  deploymentCommand,
  regionsIn,
  type DeploymentOptions,
} from './options.js';
import { keptStage, removeStore } from './store/remove-store.js';

const prodFlag = '--yes-remove-prod';

const command = deploymentCommand('remove', 'Takes the store down: its stacks, data and secrets.')
  .option(prodFlag, `needed where the stage is ${keptStage}`)
  .action(
    onTarget(async (options: DeploymentOptions & { yesRemoveProd?: true }) => {
      const { stage } = options;
      if (stage === keptStage && !options.yesRemoveProd) {
        throw new CommandError(
          `${stage} is removed with ${prodFlag} only: take the deletion protection off its cache tables first; its catalogue, orders and secrets are kept`,
        );
      }
      const deployment = chosenDeployment(options);
      const isRemoved = await removeStore(deployment, tellStep);
      console.log(
        isRemoved
          ? `Stage ${stage} is removed.`
          : `Nothing of stage ${stage} is left in ${regionsIn(deployment).join(', ')}.`,
      );
    }),
  );

await runCommand(command);
