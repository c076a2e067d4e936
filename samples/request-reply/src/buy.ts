import { ClientError, connect } from '@ionosphere/client/node';
import type { Stock, Take } from './stock';

/** Types alone: nothing of the server gets into the client. */
interface StockApi {
  sends: Take;
  requests: Pick<Stock, 'take'>;
}

/** Buys tea until there is none left; tells how often it could. Whatever breaks on the way, each request is handled once. */
export async function buyAll(url: string, count: number): Promise<number> {
  const stock = connect<StockApi>(`${url}/stock`);
  try {
    for (let times = 1; ; times++) {
      const { left } = await stock.request({ item: 'tea', count }, { timeoutSeconds: 10 });
      if (left < count) return times;
    }
  } catch (error) {
    if (error instanceof ClientError) console.error(error.code, error.message, error.details);
    throw error;
  } finally {
    await stock.close();
  }
}
