// NestJS with its ws adapter: a gateway per path. The decorators are called as the TypeScript compiler would.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { serveBench, stamp } from './job.mjs';

class Echo {
  onMessage(message) {
    return { event: 'message', data: stamp(message) };
  }
}

class Fan {
  onMessage(message) {
    const text = JSON.stringify({ event: 'message', data: stamp(message) });
    for (const client of this.server.clients) if (client.readyState === client.OPEN) client.send(text);
  }
}

class SkipSelf {
  onMessage(message, socket) {
    const text = JSON.stringify({ event: 'message', data: stamp(message) });
    for (const client of this.server.clients)
      if (client !== socket && client.readyState === client.OPEN) client.send(text);
  }
}

class Idle {
  onMessage() {}
}

function decorate(gateway, path) {
  const prototype = gateway.prototype;
  WebSocketServer()(prototype, 'server');
  MessageBody()(prototype, 'onMessage', 0);
  ConnectedSocket()(prototype, 'onMessage', 1);
  SubscribeMessage('message')(prototype, 'onMessage', Object.getOwnPropertyDescriptor(prototype, 'onMessage'));
  WebSocketGateway({ path })(gateway);
}

decorate(Echo, '/echo');
decorate(Fan, '/fan');
decorate(SkipSelf, '/skip-self');
decorate(Idle, '/idle');

class AppModule {}
Module({ providers: [Echo, Fan, SkipSelf, Idle] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(0, '127.0.0.1');
serveBench(app.getHttpServer().address().port);
