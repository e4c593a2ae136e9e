import { render } from 'preact';
import '../styles/base.css';
import './shop.css';
import { startRouter } from '../common/router.js';
import { App } from './app.js';

startRouter();
render(<App />, document.getElementById('app') as HTMLElement);
