import { shop } from '../texts.js';

export const App = () => <h1>{shop.name}</h1>;
