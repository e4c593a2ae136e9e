/** `npm run deploy`: deploys the store to AWS, or to the emulator that AWS_ENDPOINT_URL names. */
import { runCommand } from '../tools/terminal/command.js';
import { onTarget, tellStep } from './command.js';
import { deployStore } from './store/deploy-store.js';
import { chosenDeployment, deploymentCommand, type DeploymentOptions } from './options.js';
import { describeStore } from './store/description.js';

const command = deploymentCommand('deploy', 'Deploys the store, or what has changed of it.')
  .addHelpText(
    'after',
    `
With AWS_ENDPOINT_URL set it goes to that emulator, otherwise to AWS. The lists name all regions
of the stage, not only new ones. The admin token is made once, at random; to choose it, put it
into SSM Parameter Store first, as the SecureString /bazar/<stage>/admin-token.`,
  )
  .action(
    onTarget(async (options: DeploymentOptions) => {
      const deployment = chosenDeployment(options);
      const store = await deployStore(deployment, tellStep);
      console.log(describeStore(deployment, store));
    }),
  );

await runCommand(command);
