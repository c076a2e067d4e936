/*
 * The load generator: one thread, one epoll, nothing allocated while it runs, so that the server is what is slow.
 *
 *   loadgen echo|fan|connect --port N --path P --connections N --depth N --message TEXT
 *           [--subscribers websocket|sse|stream|poll] [--also "KIND N PATH"]... [--copies N] [--publish-path P]
 *           [--headers LINES] [--greeting TEXT --greeted TEXT] [--ping TEXT --pong TEXT] [--pause MICROS]
 *
 *   echo     every WebSocket keeps `depth` messages in flight and sends the next when one comes back
 *   fan      the connections listen; one more WebSocket publishes `depth` broadcasts at once, and again when every
 *            connection has got all of them: a sliding window would drift between two rhythms with different costs
 *   connect  `connections` at a time: connect, shake hands, send one message, get it back, say goodbye, begin anew
 *
 * `--also` adds listeners of another kind, elsewhere; `--copies` is how many messages each listener gets per broadcast. `{}` in
 * a path is a number that no two requests share. `--headers` are lines for every request, each ended by CRLF. Where a WebSocket
 * is not open before something is said on it, `--greeting` is that, and `--greeted` is in the answer; a message that is
 * `--ping` is answered with `--pong`.
 *
 * `--pause` is for servers that need all cores: after each burst of broadcasts it sleeps for so long, in which all should
 * arrive. When the last of a burst came in is what the kernel noted then; how long half of the bursts, and the fastest tenth, took at most is in the answer.
 *
 * It says `ready` once all are connected. Then `run N` on stdin does N messages, broadcasts or connects, and is answered
 * with one line of JSON. The end of stdin ends it.
 *
 * The message holds the mark exactly once, so a reader counts messages by counting marks, and it makes no difference how a
 * server splits, joins or frames what it sends. A byte of some frame's length may look like the mark; then more arrives
 * than was sent, and that ends the bench.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK '^'
#define READ_BYTES (1 << 20)
#define FRAME_COPIES 64
#define MAX_EVENTS 1024
#define CONNECTING_AT_ONCE 128
#define MAX_GROUPS 8
#define STALLED_NANOS 10000000000ull

/* The one response header that is understood: its value goes into the next poll, whatever it means to the server. */
static const char token_name[] = "X-Atmosphere-tracking-id";

enum mode { ECHO, FAN, CONNECT };
enum kind { WEBSOCKET, SSE, STREAMING, POLL };
/* BODY: of an answer with a length. CHUNKS: of one without. STREAM: what comes after the head of an answer without an end. */
enum phase { CLOSED, CONNECTING, HEAD, GREETING, STREAM, BODY, CHUNKS, LEAVING };

/* Listeners that are alike. */
struct group {
  enum kind kind;
  long count;
  const char *path;
};

struct connection {
  int fd;
  enum kind kind;
  const char *path;
  enum phase phase;
  bool publishes;
  bool waits_to_write;
  long owed;       /* messages that are not written completely */
  size_t offset;   /* how much of the first of them is */
  long body_left;
  size_t end_matched; /* how much of the end of chunks was the last that came */
  size_t head_length;
  char head[4096]; /* of the answer, until it is complete */
  char token[128];
  /* Of the WebSocket frame that is being read; its payload only when a ping could be as small. */
  uint8_t frame_head[10], opcode;
  size_t frame_head_length, payload_left, small_length;
  bool is_small;
  char small[125];
};

static enum mode mode;
/* The first are those of --subscribers, --connections and --path. */
static struct group groups[MAX_GROUPS] = {{WEBSOCKET, 1, "/"}};
static int group_count = 1;
static const char *publish_path = "/", *headers = "", *message;
static const char *greeting, *greeted = "", *ping, *pong = "";
static long connection_count, depth = 1, copies = 1, pause_micros;
static const char *const kinds[] = {"websocket", "sse", "stream", "poll", NULL};
static struct sockaddr_in server = {.sin_family = AF_INET};

static struct connection *connections, *publisher;
static int poller;
static char *input, *frames;
static size_t frame_length;
static long open_count;

/* Of the current run. */
static bool running;
static long to_send, received, finished;
static uint64_t bytes, idle_nanos;

/* When the last burst began, when what came of it came in last, and how long each burst took. */
static uint64_t burst_began, burst_arrived, *burst_took;
static long bursts;

static void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("loadgen: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  exit(1);
}

static uint64_t nanos(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* ---- what is sent ---- */

static size_t put_frame(char *out, int opcode, const char *text, size_t length) {
  static const uint8_t mask[4] = {0x5a, 0x11, 0xc3, 0x78};
  uint8_t *p = (uint8_t *)out;
  *p++ = (uint8_t)(0x80 | opcode);
  int extra = length < 126 ? 0 : length < 65536 ? 2 : 8;
  *p++ = (uint8_t)(0x80 | (extra == 0 ? (int)length : extra == 2 ? 126 : 127));
  for (int i = extra - 1; i >= 0; i--) *p++ = (uint8_t)((uint64_t)length >> (8 * i));
  memcpy(p, mask, 4);
  p += 4;
  for (size_t i = 0; i < length; i++) *p++ = (uint8_t)text[i] ^ mask[i % 4];
  return (size_t)((char *)p - out);
}

static void prepare_frames(void) {
  size_t length = strlen(message);
  frames = malloc(FRAME_COPIES * (length + 14));
  frame_length = put_frame(frames, 1, message, length);
  for (int i = 1; i < FRAME_COPIES; i++) memcpy(frames + (size_t)i * frame_length, frames, frame_length);
}

static void watch(struct connection *c, bool write) {
  if (c->waits_to_write == write) return;
  c->waits_to_write = write;
  struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

/* Writes what is owed: the same frame again and again, from where the last write ended. */
static void write_owed(struct connection *c) {
  while (c->owed > 0) {
    size_t whole = (size_t)(c->owed < FRAME_COPIES ? c->owed : FRAME_COPIES) * frame_length;
    ssize_t sent = send(c->fd, frames + c->offset, whole - c->offset, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) die("send: %s", strerror(errno));
    if (sent < 0) return watch(c, true);
    size_t position = c->offset + (size_t)sent;
    c->owed -= (long)(position / frame_length);
    c->offset = position % frame_length;
  }
  watch(c, false);
}

static void write_whole(struct connection *c, const char *text, size_t length) {
  if (send(c->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length) die("a request could not be sent: %s", strerror(errno));
}

static void send_messages(struct connection *c, long count) {
  if (count > to_send) count = to_send;
  if (count <= 0) return;
  to_send -= count;
  c->owed += count;
  write_owed(c);
}

static void send_request(struct connection *c) {
  static const char *const ask[] = {
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: %022ld==\r\n",
      "Accept: text/event-stream\r\n", "Accept: */*\r\n", "Accept: */*\r\n"};
  static long key; /* no two are equal, as no two nonces are */
  char request[4096], asked[256], target[1024];
  const char *gap = strstr(c->path, "{}");
  if (gap) snprintf(target, sizeof target, "%.*s%ld%s", (int)(gap - c->path), c->path, key, gap + 2);
  else snprintf(target, sizeof target, "%s", c->path);
  const char *joint = *c->token == 0 ? "" : strchr(target, '?') ? "&" : "?";
  snprintf(asked, sizeof asked, ask[c->kind], ++key);
  int length = snprintf(request, sizeof request, "GET %s%s%s%s%s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s\r\n", target, joint,
                        *c->token ? token_name : "", *c->token ? "=" : "", c->token, asked, headers);
  if (length >= (int)sizeof request) die("the path, or the headers, are too long");
  c->phase = HEAD;
  c->head_length = c->frame_head_length = c->payload_left = 0;
  write_whole(c, request, (size_t)length);
}

/* ---- connections ---- */

static void begin(struct connection *c) {
  int yes = 1;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) die("socket: %s", strerror(errno));
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (pause_micros) setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
  c->phase = CONNECTING;
  c->waits_to_write = true;
  if (connect(c->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS)
    die("connect: %s", strerror(errno));
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
}

static void begin_next(struct connection *c) {
  if (to_send <= 0) return;
  to_send--;
  begin(c);
}

/* A reset leaves no port waiting, so that ports do not run out. */
static void finish(struct connection *c) {
  struct linger reset = {1, 0};
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(c->fd);
  c->phase = CLOSED;
  finished++;
  begin_next(c);
}

static void say_goodbye(struct connection *c) {
  char frame[16];
  write_whole(c, frame, put_frame(frame, 8, "\x03\xe8", 2));
  c->phase = LEAVING;
}

static void write_text(struct connection *c, const char *text) {
  char frame[1024];
  write_whole(c, frame, put_frame(frame, 1, text, strlen(text)));
}

static void opened(struct connection *c) {
  open_count++;
  if (mode != CONNECT) return;
  c->owed = 1;
  write_owed(c);
}

static const char *header(const char *head, const char *name) {
  size_t length = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
    if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') return line + 3 + length + strspn(line + 3 + length, " ");
  return NULL;
}

static void head_complete(struct connection *c) {
  const char *status = c->kind == WEBSOCKET ? "HTTP/1.1 101" : "HTTP/1.1 200";
  if (strncmp(c->head, status, strlen(status)) != 0) die("%s was answered with: %s", c->path, c->head);
  if (c->kind == WEBSOCKET && greeting) {
    c->phase = GREETING;
    return write_text(c, greeting);
  }
  if (c->kind != POLL) {
    c->phase = STREAM;
    return opened(c);
  }
  const char *length = header(c->head, "Content-Length"), *token = header(c->head, token_name);
  if (!length && !header(c->head, "Transfer-Encoding")) die("a poll was answered with no end: %s", c->head);
  c->body_left = length ? atol(length) : 0;
  c->end_matched = 0;
  c->phase = length ? BODY : CHUNKS;
  if (token) snprintf(c->token, sizeof c->token, "%.*s", (int)strcspn(token, "\r\n"), token);
}

static long marks_in(const char *from, size_t length) {
  long count = 0;
  const char *end = from + length;
  while ((from = memchr(from, MARK, (size_t)(end - from)))) {
    count++;
    from++;
  }
  return count;
}

/* ---- what is received ---- */

/* Gives how much of it belongs to the greeting. The few bytes of an answer to one come in one piece. */
static size_t read_greeting(struct connection *c, const char *from, size_t length) {
  const char *found = memmem(from, length, greeted, strlen(greeted));
  if (!found) return length;
  c->phase = STREAM;
  opened(c);
  return (size_t)(found - from) + strlen(greeted);
}

static void frame_complete(struct connection *c) {
  if (c->opcode == 9) {
    char frame[160];
    write_whole(c, frame, put_frame(frame, 10, c->small, c->small_length));
  } else if (ping && c->small_length == strlen(ping) && memcmp(c->small, ping, c->small_length) == 0) {
    write_text(c, pong);
  }
}

static void begin_payload(struct connection *c, size_t extra) {
  c->payload_left = extra ? 0 : c->frame_head[1];
  for (size_t i = 0; i < extra; i++) c->payload_left = c->payload_left << 8 | c->frame_head[2 + i];
  c->opcode = c->frame_head[0] & 15;
  c->is_small = c->payload_left <= sizeof c->small;
  c->frame_head_length = c->small_length = 0;
  if (c->payload_left == 0) frame_complete(c);
}

/* Goes from frame to frame, only to find pings: a server closes a connection that does not answer them. */
static void answer_pings(struct connection *c, const char *from, size_t length) {
  while (length > 0) {
    if (c->payload_left > 0) {
      size_t here = length < c->payload_left ? length : c->payload_left;
      if (c->is_small) memcpy(c->small + c->small_length, from, here);
      c->small_length += c->is_small ? here : 0;
      c->payload_left -= here;
      from += here;
      length -= here;
      if (c->payload_left == 0 && c->is_small) frame_complete(c);
      continue;
    }
    c->frame_head[c->frame_head_length++] = (uint8_t)*from++;
    length--;
    if (c->frame_head_length < 2) continue;
    size_t extra = c->frame_head[1] < 126 ? 0 : c->frame_head[1] == 126 ? 2 : 8;
    if (c->frame_head_length == 2 + extra) begin_payload(c, extra);
  }
}

static void got_messages(struct connection *c, long count) {
  if (count == 0 || c->publishes) return;
  if (!running) die("a message came that nobody asked for");
  received += count;
  if (mode == ECHO) send_messages(c, count);
  if (mode == CONNECT) say_goodbye(c);
}

/* Takes what belongs to the head of an answer; gives how much that was. */
static size_t read_head(struct connection *c, const char *from, size_t length) {
  size_t before = c->head_length, room = sizeof c->head - 1 - before;
  size_t copied = length < room ? length : room;
  memcpy(c->head + before, from, copied);
  c->head[before + copied] = 0;
  char *end = strstr(c->head, "\r\n\r\n");
  if (!end && copied == room) die("the head of an answer is too long");
  if (!end) {
    c->head_length += copied;
    return copied;
  }
  end[2] = 0;
  head_complete(c);
  return (size_t)(end + 4 - c->head) - before;
}

/* Whether the last chunk has come. No poll is sent before, so that nothing follows it. */
static bool chunks_end(struct connection *c, const char *from, size_t length) {
  static const char end[] = "\r\n0\r\n\r\n";
  for (size_t i = 0; i < length; i++) {
    if (from[i] != end[c->end_matched]) c->end_matched = from[i] == end[0] ? 1 : 0;
    else c->end_matched++;
    if (c->end_matched == sizeof end - 1) return true;
  }
  return false;
}

static void take(struct connection *c, const char *from, size_t length) {
  while (length > 0 || (c->phase == BODY && c->body_left == 0)) {
    size_t used = length;
    if (c->phase == HEAD) {
      used = read_head(c, from, length);
    } else if (c->phase == GREETING) {
      used = read_greeting(c, from, length);
      answer_pings(c, from, used);
    } else if (c->phase == BODY) {
      if ((long)used > c->body_left) used = (size_t)c->body_left;
      c->body_left -= (long)used;
      got_messages(c, marks_in(from, used));
      if (c->body_left == 0) send_request(c);
    } else if (c->phase == CHUNKS) {
      got_messages(c, marks_in(from, used));
      if (chunks_end(c, from, used)) send_request(c);
    } else if (c->phase == STREAM) {
      if (c->kind == WEBSOCKET) answer_pings(c, from, used);
      got_messages(c, marks_in(from, used));
    } else if (c->phase == LEAVING) {
      return finish(c);
    }
    from += used;
    length -= used;
  }
}

/* Notes when the last of what is received came in. */
static ssize_t receive(struct connection *c) {
  if (!pause_micros) return recv(c->fd, input, READ_BYTES, 0);
  char control[256];
  struct iovec buffer = {input, READ_BYTES};
  struct msghdr head = {.msg_iov = &buffer, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(c->fd, &head, 0);
  if (length <= 0 || c->publishes) return length;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&head); part; part = CMSG_NXTHDR(&head, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec t;
    memcpy(&t, CMSG_DATA(part), sizeof t);
    uint64_t at = (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
    if (at > burst_arrived) burst_arrived = at;
  }
  return length;
}

static void readable(struct connection *c) {
  ssize_t length = receive(c);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0 && c->phase == LEAVING) return finish(c);
  if (length <= 0) die("the server closed a connection (%s)", length < 0 ? strerror(errno) : "end of stream");
  if (!c->publishes) bytes += (uint64_t)length;
  take(c, input, (size_t)length);
}

static void writable(struct connection *c) {
  if (c->phase != CONNECTING) return write_owed(c);
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) die("connect: %s", strerror(error));
  watch(c, false);
  send_request(c);
  if (c->kind == POLL) opened(c);
}

/* Serves the sockets once; tells whether stdin has something. */
static bool serve_once(int timeout_millis) {
  static struct epoll_event events[MAX_EVENTS];
  bool command = false;
  uint64_t began = nanos(CLOCK_MONOTONIC);
  int count = epoll_wait(poller, events, MAX_EVENTS, timeout_millis);
  if (count == 0) idle_nanos += nanos(CLOCK_MONOTONIC) - began;
  for (int i = 0; i < count; i++) {
    struct connection *c = events[i].data.ptr;
    if (!c) {
      command = true;
      continue;
    }
    if (events[i].events & EPOLLOUT) writable(c);
    if (c->phase != CONNECTING && c->phase != CLOSED && events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) readable(c);
  }
  return command;
}

/* ---- the jobs ---- */

static struct {
  long at;
  uint64_t since;
} progress;

static void check_progress(long at, long wanted) {
  uint64_t now = nanos(CLOCK_MONOTONIC);
  if (at != progress.at || progress.since == 0) {
    progress.at = at;
    progress.since = now;
  } else if (now - progress.since > STALLED_NANOS) {
    die("stalled at %ld of %ld, with %ld messages received and %ld to send", at, wanted, received, to_send);
  }
}

static void connect_all(void) {
  long all = connection_count + (mode == FAN);
  for (long started = 0; open_count < all; serve_once(100)) {
    while (started < all && started - open_count < CONNECTING_AT_ONCE) begin(&connections[started++]);
    check_progress(open_count, all);
  }
}

static void end_burst(void) {
  if (burst_began) burst_took[bursts++] = burst_arrived > burst_began ? burst_arrived - burst_began : 0;
  burst_began = burst_arrived = 0;
}

static void next_burst(void) {
  if (!pause_micros) return send_messages(publisher, depth);
  end_burst();
  if (to_send <= 0) return;
  burst_began = nanos(CLOCK_REALTIME);
  send_messages(publisher, depth);
  struct timespec rest = {pause_micros / 1000000, pause_micros % 1000000 * 1000};
  nanosleep(&rest, NULL);
}

static int by_size(const void *one, const void *other) {
  uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
  return (a > b) - (a < b);
}

/* So many of a hundred bursts were faster. */
static double burst_millis(long percent) {
  return bursts == 0 ? 0 : (double)burst_took[bursts * percent / 100] / 1e6;
}

static long step(long broadcasts) {
  if (mode != FAN) return mode == ECHO ? received : finished;
  if (received == (broadcasts - to_send) * connection_count * copies) next_burst();
  return received / (connection_count * copies);
}

/*
 * While it runs it does not sleep: a server's write that wakes the reader costs the server half as much again, and how often
 * the reader sleeps is chance.
 */
static void run(long count) {
  uint64_t began = nanos(CLOCK_MONOTONIC);
  progress.since = 0;
  running = true;
  to_send = count;
  received = finished = 0;
  bytes = idle_nanos = 0;
  bursts = 0;
  burst_took = realloc(burst_took, ((size_t)(count / depth) + 2) * sizeof *burst_took);
  for (long i = 0; i < connection_count && mode != FAN; i++) {
    if (mode == ECHO) send_messages(&connections[i], depth);
    else begin_next(&connections[i]);
  }
  for (long done = step(count); done < count; done = step(count)) {
    check_progress(done, count);
    serve_once(0);
  }
  running = false;
  if (mode != CONNECT && received != count * (mode == FAN ? connection_count * copies : 1)) die("more came than was sent");
  uint64_t took = nanos(CLOCK_MONOTONIC) - began;
  qsort(burst_took, (size_t)bursts, sizeof *burst_took, by_size);
  printf("{\"messages\":%ld,\"bytes\":%llu,\"seconds\":%.6f,\"busySeconds\":%.6f,\"burstMillis\":{\"median\":%.6f,\"tenth\":%.6f}}\n",
         mode == CONNECT ? finished : received, (unsigned long long)bytes, (double)took / 1e9,
         (double)(took - idle_nanos) / 1e9, burst_millis(50), burst_millis(10));
  fflush(stdout);
}

static void obey(void) {
  char line[64];
  ssize_t length = read(STDIN_FILENO, line, sizeof line - 1);
  if (length <= 0) exit(0);
  line[length] = 0;
  long count = 0;
  if (sscanf(line, "run %ld", &count) != 1 || count <= 0) die("unknown command: %s", line);
  run(count);
}

/* ---- options ---- */

static int one_of(const char *given, const char *const *known) {
  for (int i = 0; known[i]; i++)
    if (strcmp(given, known[i]) == 0) return i;
  die("unknown: %s", given);
  return -1;
}

static void add_group(const char *words) {
  char kind[16];
  int path;
  if (group_count == MAX_GROUPS) die("too many --also");
  struct group *group = &groups[group_count++];
  if (sscanf(words, "%15s %ld %n", kind, &group->count, &path) != 2) die("--also: \"KIND N PATH\", not %s", words);
  group->kind = (enum kind)one_of(kind, kinds);
  group->path = words + path;
}

static void read_options(int count, char **words) {
  static const char *const modes[] = {"echo", "fan", "connect", NULL};
  static const char *const names[] = {"--port", "--path", "--connections", "--depth", "--message", "--subscribers",
                                      "--publish-path", "--headers", "--also", "--copies", "--greeting", "--greeted",
                                      "--ping", "--pong", "--pause", NULL};
  if (count < 2) die("say what to do: echo, fan or connect");
  mode = (enum mode)one_of(words[1], modes);
  for (int i = 2; i + 1 < count; i += 2) {
    const char *value = words[i + 1];
    switch (one_of(words[i], names)) {
      case 0: server.sin_port = htons((uint16_t)atoi(value)); break;
      case 1: groups[0].path = value; break;
      case 2: groups[0].count = atol(value); break;
      case 3: depth = atol(value); break;
      case 4: message = value; break;
      case 5: groups[0].kind = (enum kind)one_of(value, kinds); break;
      case 6: publish_path = value; break;
      case 7: headers = value; break;
      case 8: add_group(value); break;
      case 9: copies = atol(value); break;
      case 10: greeting = value; break;
      case 11: greeted = value; break;
      case 12: ping = value; break;
      case 13: pong = value; break;
      case 14: pause_micros = atol(value); break;
    }
  }
  if (!message || marks_in(message, strlen(message)) != 1) die("--message must hold '%c' once", MARK);
  for (int i = 0; i < group_count; i++)
    if (groups[i].count < 1) die("--connections and the N of --also begin at 1");
  if (depth < 1 || copies < 1) die("--depth and --copies begin at 1");
}

static void make_connections(void) {
  for (int i = 0; i < group_count; i++) connection_count += groups[i].count;
  connections = calloc((size_t)connection_count + 1, sizeof *connections);
  struct connection *c = connections;
  for (int i = 0; i < group_count; i++)
    for (long each = 0; each < groups[i].count; each++, c++) {
      c->kind = groups[i].kind;
      c->path = groups[i].path;
    }
  publisher = c;
  publisher->publishes = true;
  publisher->path = publish_path;
}

int main(int count, char **words) {
  read_options(count, words);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
  poller = epoll_create1(0);
  struct epoll_event commands = {.events = EPOLLIN};
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &commands);
  input = malloc(READ_BYTES);
  prepare_frames();
  make_connections();
  if (mode != CONNECT) connect_all();
  puts("ready");
  fflush(stdout);
  for (;;)
    if (serve_once(-1)) obey();
}
