// A small SMSC on the npm package `smpp`.
//
//   node smsc.js SYSTEM_ID PASSWORD
//
// It listens on a free port of 127.0.0.1, and tells what it sees as one JSON object a line. A line on
// standard input is an order: "enquire_link", "unbind", "message FROM TO TEXT" (a text from a phone), or of a
// phone's USSD: "dial PHONE CODE", "dial-many PHONE COUNT CODE" (numbers that count up), "type PHONE TEXT" and
// "abort PHONE". It ends with standard input.
'use strict';

const readline = require('node:readline');
const smpp = require('smpp');

const [systemId, password] = process.argv.slice(2);
const bound = new Set();
const texts = new Map();
const dialogues = new Map();
let messages = 0;
let begun = 0;

// Values of ussd_service_op.
const BEGIN = 1;
const ANSWER = 18;
const ABORT = 129;
const LAST = 17;

const saw = (what, details = {}) => console.log(JSON.stringify({ saw: what, ...details }));

const server = smpp.createServer((session) => {
  session.on('pdu', (pdu) => {
    if (pdu.command !== 'submit_sm') saw(pdu.command, { status: pdu.command_status });
  });
  session.on('bind_transceiver', (pdu) => takeBind(session, pdu));
  session.on('submit_sm', (pdu) => takeSubmitSm(session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    bound.delete(session);
    // This one ends the connection itself.
    session.send(pdu.response(), () => session.close());
  });
  session.on('close', () => {
    bound.delete(session);
    saw('closed');
  });
  session.on('error', (error) => saw('error', { error: error.message }));
});
server.listen(0, '127.0.0.1', () => saw('listening', { port: server.address().port }));

function takeBind(session, pdu) {
  if (pdu.system_id !== systemId || pdu.password !== password) {
    saw('refused');
    // The package sends no body with an error.
    session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }), () => session.close());
    return;
  }
  session.send(pdu.response({ system_id: 'node-smpp', sc_interface_version: 0x34 }));
  bound.add(session);
  saw('bound');
}

// Ids are hexadecimal in the response, and decimal in the receipt.
function takeSubmitSm(session, pdu) {
  const id = 0x38601f0 + ++messages;
  session.send(pdu.response({ message_id: id.toString(16) }));
  if (pdu.service_type === 'USSD') {
    showScreen(pdu);
    return;
  }
  joinText(pdu);
  if (pdu.registered_delivery) sendReceipt(session, pdu, id);
}

// Tells a text once all its segments are here, in whatever order they came.
function joinText(pdu) {
  const { udh, message } = pdu.short_message;
  const [reference, total, number] = udh ? concatenation(udh[0]) : [0, 1, 1];
  const to = pdu.destination_addr;
  const key = `${to} ${reference}`;
  const segments = texts.get(key) ?? new Map();
  texts.set(key, segments.set(number, message));
  if (segments.size < total) return;
  texts.delete(key);
  const text = [...Array(total).keys()].map((place) => segments.get(place + 1)).join('');
  saw('text', { from: pdu.source_addr, to, text, segments: total, data_coding: pdu.data_coding });
}

function concatenation([element, , ...data]) {
  if (element !== 0x08) return data;
  const [high, low, total, number] = data;
  return [high * 256 + low, total, number];
}

// What a phone shows. The last screen ends its dialogue.
function showScreen(pdu) {
  const to = pdu.destination_addr;
  const { ussd_service_op: op, its_session_info: info } = pdu;
  const text = pdu.short_message.message;
  const is_own = dialogues.get(to)?.equals(Buffer.from([info[0], info[1] & 0xfe]));
  saw('screen', { from: pdu.source_addr, to, op, over: info[1] & 1, is_own, text });
  if (op === LAST) dialogues.delete(to);
}

// A phone's step; each dialogue has a number of its own.
function step(phone, op, text) {
  const [session] = bound;
  if (!dialogues.has(phone)) {
    saw('no dialogue', { phone });
    return;
  }
  const fields = {
    service_type: 'USSD', source_addr: phone, source_addr_ton: 1, source_addr_npi: 1,
    destination_addr: '555', short_message: text,
    ussd_service_op: op, its_session_info: dialogues.get(phone),
  };
  session.deliver_sm(fields, (response) => saw('step answered', { status: response.command_status }));
}

function dial(phone, code) {
  const number = ++begun % 0x7fff;
  dialogues.set(phone, Buffer.from([number >> 7, (number << 1) & 0xfe]));
  step(phone, BEGIN, code);
}

function sendReceipt(session, pdu, id) {
  const now = new Date().toISOString().replace(/\D/g, '').slice(2, 12);
  const text = `id:${id} sub:001 dlvrd:001 submit date:${now} done date:${now} stat:DELIVRD err:000 text:`;
  const esm_class = smpp.ESM_CLASS.MC_DELIVERY_RECEIPT;
  deliver(session, 'receipt', pdu.destination_addr, pdu.source_addr, text, esm_class);
}

function deliver(session, what, from, to, text, esm_class) {
  const fields = {
    source_addr: from, source_addr_ton: 1, source_addr_npi: 1,
    destination_addr: to, esm_class, short_message: text,
  };
  session.deliver_sm(fields, (response) => saw(`${what} answered`, { status: response.command_status }));
}

const orders = {
  enquire_link: () => bound.forEach((session) => session.enquire_link()),
  unbind: () => bound.forEach((session) => session.unbind(() => session.close())),
  message: (from, to, ...words) => {
    const [session] = bound;
    deliver(session, 'message', from, to, words.join(' '), 0);
  },
  dial,
  'dial-many': (first, count, code) => {
    for (let number = 0; number < Number(count); number++) dial(String(Number(first) + number), code);
  },
  type: (phone, ...words) => step(phone, ANSWER, words.join(' ')),
  abort: (phone) => {
    step(phone, ABORT, '');
    dialogues.delete(phone);
  },
};

readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [order, ...rest] = line.split(' ');
    orders[order](...rest);
  })
  .on('close', () => process.exit());
