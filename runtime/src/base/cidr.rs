//! Addresses and blocks of them, as `ip_whitelist("10.0.0.0/8", "::1")` has them (RFC 4632, RFC 4291).

use ipnet::IpNet;
use std::net::IpAddr;

/// Reads an address or a block; bits outside the prefix are ignored.
pub fn parse(text: &str) -> Option<IpNet> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(IpNet::from(ip.to_canonical()));
    }
    text.parse().ok()
}

/// Is the address in one of the blocks? An IPv4 address is one, whatever the socket's family.
pub fn any_contains(blocks: &[IpNet], ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    blocks.iter().any(|block| block.contains(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_contain_their_addresses_alone() {
        let within = |block: &str, ip: &str| any_contains(&[parse(block).unwrap()], ip.parse().unwrap());
        assert!(within("10.0.0.0/8", "10.255.0.1") && !within("10.0.0.0/8", "11.0.0.1"));
        assert!(within("10.1.2.3/8", "10.255.0.1") && within("192.0.2.1", "::ffff:192.0.2.1"));
        assert!(within("::ffff:192.0.2.1", "192.0.2.1") && !within("192.0.2.1", "192.0.2.2"));
        assert!(within("2001:db8::/32", "2001:db8::1") && !within("2001:db8::/32", "2001:db9::1"));
        assert!(within("0.0.0.0/0", "1.2.3.4") && !within("0.0.0.0/0", "::1") && within("::/0", "::1"));
    }

    #[test]
    fn what_is_no_block_is_none() {
        for text in
            ["", "10.0.0.0/33", "10.0.0/8", "::1/129", "host", "10.0.0.0/-1", "10.0.0.0/8 ", "1.2.3.4:80"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
