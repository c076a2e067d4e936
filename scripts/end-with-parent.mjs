// npm starts a script by a shell. A signal to npm ends that shell, which does not pass it on: a server would stay, and keep its port.
const { ppid } = process;
const watch = setInterval(() => {
  if (process.ppid === ppid) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 500).unref();
