import { IsString, Length } from 'class-validator';

/** What the framework decodes and validates. */
export class ChatMessage {
  @IsString()
  @Length(1, 40)
  author!: string;

  @IsString()
  @Length(1, 100_000)
  message!: string;

  time?: number;
}
