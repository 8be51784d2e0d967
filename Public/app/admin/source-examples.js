/** A message of each format, to try a source without a device. */

/** @type {Record<string, (now: number) => any>} */
const PAYLOADS = {
  json: (now) => ({ at: now, sensors: { vibration: 2.4, bearing: { tempF: 131.4 }, oil: { pressure: 4.2, low: false } } }),
  senml: (now) => [{ bn: 'urn:dev:ow:10e2073a01080063:', bt: Math.round(now / 1000), n: 'temperature', u: 'Cel', v: 23.1 }, { n: 'humidity', u: '%RH', v: 48.2 }],
  chirpstack: (now) => ({
    time: new Date(now).toISOString(), deviceInfo: { deviceName: 'probe-1', devEui: '0101010101010101', applicationName: 'fields' }, fCnt: 10, fPort: 5,
    object: { temperature: 21.4, moisture: 31.5 }, rxInfo: [{ gatewayId: '0016c001f153a14c', rssi: -57, snr: 10 }],
  }),
  'the-things-stack': (now) => ({
    end_device_ids: { device_id: 'probe-1', dev_eui: '0101010101010101', application_ids: { application_id: 'fields' } }, received_at: new Date(now).toISOString(),
    uplink_message: { f_port: 5, f_cnt: 10, decoded_payload: { temperature: 21.4, moisture: 31.5 }, rx_metadata: [{ gateway_ids: { gateway_id: 'roof' }, rssi: -57, snr: 10 }], received_at: new Date(now).toISOString() },
  }),
  csv: (now) => `ts,temperature,vibration\n${now},71.4,2.1\n${now + 1000},71.5,2.2`,
  'line-protocol': (now) => `machine,device=motor-03 temperature=71.4,vibration=2.1 ${now}000000`,
  thingsboard: (now) => ({ 'motor-03': [{ ts: now, values: { temperature: 71.4, vibration: 2.1 } }] }),
};

/** @type {Record<string, string>} */
const TOPICS = { chirpstack: 'application/1/device/0101010101010101/event/up', 'the-things-stack': 'v3/fields@ttn/devices/probe-1/up', thingsboard: 'v1/gateway/telemetry' };

/** @param {string} decoder @param {string} topic that the source's filter takes @returns {import('../core/payload.js').Sample} */
export function exampleOf(decoder, topic) {
  const payload = (PAYLOADS[decoder] ?? PAYLOADS.json)(Date.now());
  return { topic: topic || TOPICS[decoder] || 'factory/device-1/data', payload: typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2) };
}
