//! The server of answer.c and work.c in Rust: each read of /dev/NAME gives the number that work()
//! computes. On the host (cfg of a `host` program) it prints that number instead.
#![cfg_attr(not(host), no_std, no_main)]

const SEED: u64 = 12345;

trait Shape {
    fn area(&self) -> u64;
}

struct Square(u64);
struct Triangle {
    side: u64,
    height: u64,
}

impl Shape for Square {
    fn area(&self) -> u64 {
        self.0.wrapping_mul(self.0)
    }
}

impl Shape for Triangle {
    fn area(&self) -> u64 {
        self.side.wrapping_mul(self.height) / 2
    }
}

static NAMES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];
static FUNCTIONS: [fn(u64) -> u64; 3] = [twice, mixed, named];

fn twice(value: u64) -> u64 {
    value.wrapping_mul(2)
}

fn mixed(value: u64) -> u64 {
    (value as u128 * 0x9e37_79b9_7f4a_7c15 / (value as u128 + 3)) as u64
}

fn named(value: u64) -> u64 {
    let name = NAMES[(value % 4) as usize];
    name.bytes().fold(value, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte as u64))
}

fn pick(which: u64, value: u64) -> u64 {
    match which {
        0 => value.wrapping_mul(3),
        1 => value ^ 0x55aa,
        2 => value.rotate_left(7),
        3 => FUNCTIONS[(value % 3) as usize](value),
        4 => value / 7,
        5 => !value,
        _ => value.wrapping_sub(which),
    }
}

fn work(seed: u64) -> u64 {
    let sum = (0..12).fold(seed, |sum, which| pick(which, sum));
    let shapes: [&dyn Shape; 2] = [&Square(sum), &Triangle { side: sum >> 3, height: seed }];
    let mut bytes = [0u8; 300];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = (at as u64).wrapping_mul(sum) as u8;
    }
    let total = bytes.iter().fold(sum, |sum, byte| sum.wrapping_mul(131) + *byte as u64 % 2);
    shapes.iter().fold(total, |sum, shape| sum.wrapping_mul(5) ^ shape.area())
}

#[cfg(host)]
fn main() {
    println!("{:016x}", work(SEED));
}

#[cfg(not(host))]
#[allow(dead_code)]
mod sinter {
    include!(env!("SINTER_RS"));
}

#[cfg(not(host))]
mod server {
    use crate::sinter::*;

    const DIGITS: usize = 16;
    const LENGTH: usize = DIGITS + 1;
    const TAG_LEASES_SHIFT: u32 = 47;
    const ALIVE_BIT: u64 = 1;

    /// The note, as SERVER_META writes it: records of tag, length and value, padded to four.
    #[repr(C)]
    struct Note {
        format: (u16, u16, u32),
        name: (u16, u16, [u8; 8]),
        kind: (u16, u16, u32),
    }

    #[used]
    #[link_section = ".sinter.meta"]
    static NOTE: Note = Note {
        format: (0x8001, 4, 1),
        name: (2, 7, *b"answer\0\0"),
        kind: (7, 4, 2),
    };

    unsafe fn find(info: *const StartInfo, name: &[u8]) -> Handle {
        let found = start_handle_find(info, name.as_ptr());
        if found.is_null() { 0 } else { (*found).handle }
    }

    fn digits() -> [u8; LENGTH] {
        let mut text = [b'\n'; LENGTH];
        let number = crate::work(crate::SEED);
        for (at, digit) in text.iter_mut().take(DIGITS).enumerate() {
            *digit = b"0123456789abcdef"[(number >> (60 - 4 * at) & 15) as usize];
        }
        text
    }

    unsafe fn read(reply: Handle, received: &mut Received) -> Status {
        let text = digits();
        let offset = (received.words[0] as usize).min(LENGTH);
        let has_lease = received.tag >> TAG_LEASES_SHIFT & 7 != 0;
        let room = if has_lease { (*message_page()).leases[0].length as usize } else { 0 };
        let length = room.min(LENGTH - offset) as u64;
        let mut copied = 0;
        let mut status = STATUS_OK;
        if length > 0 {
            let start = text.as_ptr() as u64 + offset as u64;
            status = lease_copy(reply, 0, 0, start, length, LEASE_WRITE, &mut copied);
        }
        received.words[0] = if status == STATUS_OK { length } else { 0 };
        received.words[1] = copied;
        if status == STATUS_LENDER_ABSENT { STATUS_RETRY_TOUCH } else { status }
    }

    unsafe fn answer(reply: Handle, received: &mut Received) -> Status {
        match received.tag as u32 {
            FILE_METHOD_READ => read(reply, received),
            FILE_METHOD_ATTACH => {
                received.words[0] = FILE_KIND_REGULAR as u64;
                STATUS_OK
            }
            FILE_METHOD_STAT => {
                received.words[..3].copy_from_slice(&[FILE_KIND_REGULAR as u64, LENGTH as u64, 1]);
                STATUS_OK
            }
            _ => STATUS_BAD_METHOD,
        }
    }

    unsafe fn call(endpoint: Handle, tag: u64, words: [u64; 6]) -> Status {
        let mut message = Message { tag, words };
        let status = port_call(endpoint, &mut message);
        if status == STATUS_OK { message.tag as u32 as Status } else { status }
    }

    /// Publishes /dev/NAME by the service's own name, and says that it is ready.
    unsafe fn introduce(info: *const StartInfo) -> Status {
        let supervisor = find(info, b"supervisor\0");
        let name = &(*info).name;
        let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        (&mut (*message_page()).data)[..length].copy_from_slice(&name[..length]);
        let tag = SUPERVISOR_METHOD_PUBLISH as u64 | (length as u64) << 32;
        let status = call(supervisor, tag, [0, FILE_KIND_REGULAR as u64, 0, 0, 0, 0]);
        if status != STATUS_OK {
            return status;
        }
        call(supervisor, SUPERVISOR_METHOD_READY as u64, [0; 6])
    }

    unsafe fn serve(port: Handle, reply: Handle, alive: Handle) -> i32 {
        let mut received = Received { tag: 0, words: [0; 6], badge: 0, kind: 0, reserved: 0 };
        let mut answered = false;
        loop {
            let status = if answered {
                port_reply_receive(port, reply, &mut received)
            } else {
                port_receive(port, reply, &mut received)
            };
            answered = false;
            if status == STATUS_INTERRUPTED {
                continue;
            } else if status != STATUS_OK {
                return 1;
            }
            match received.kind {
                RECEIVE_CALL => {
                    received.tag = answer(reply, &mut received) as u32 as u64;
                    answered = true;
                }
                RECEIVE_EVENT if received.words[0] & CONTROL_STOP != 0 => return 0,
                RECEIVE_EVENT => _ = event_signal(alive, ALIVE_BIT),
                _ => {}
            }
        }
    }

    #[no_mangle]
    unsafe extern "C" fn server_main(info: *const StartInfo) -> i32 {
        let mut reply = 0;
        if reply_create(find(info, b"account\0"), &mut reply) != STATUS_OK
            || event_bind(find(info, b"control\0")) != STATUS_OK
            || introduce(info) != STATUS_OK
        {
            return 1;
        }
        serve(find(info, b"port\0"), reply, find(info, b"alive\0"))
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo) -> ! {
        unsafe { task_exit(101) }
    }
}
