// Brings the clone to the point where anything can run, and is then the chat.
import './prepare.mjs';
import './end-with-parent.mjs';

await import('../samples/chat/dist/main.js');
