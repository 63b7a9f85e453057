// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Reads a whole number in decimal digits, without sign or leading zeros.
package func decimal(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        return nil
    }
    guard text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0") else { return nil }
    return Int(text)
}

/// Reads a number of bytes: plain, or with `KiB`, `MiB` or `GiB`.
package func byteCount(of text: String) -> Int? {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
    let unit = units.first { text.hasSuffix($0.0) }
    guard let number = decimal(text.dropLast(unit?.0.count ?? 0)) else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
    return overflow ? nil : bytes
}

/// Writes a number of bytes with the largest unit that needs no fraction.
package func sizeText(_ bytes: Int) -> String {
    for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes != 0 && bytes % (1 << shift) == 0 {
        return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
}

/// Reads a time: seconds, or a whole number with `ms`, `s`, `m`, `h` or `d`.
package func timeSpan(of text: String) -> Duration? {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    let unit = units.first { text.hasSuffix($0.0) }
    guard let number = decimal(text.dropLast(unit?.0.count ?? 0)) else { return nil }
    let (milliseconds, overflow) = number.multipliedReportingOverflow(by: unit?.1 ?? 1000)
    guard !overflow, milliseconds <= 10_000_000_000_000 else { return nil }
    return .milliseconds(milliseconds)
}

/// Writes a time with the largest unit that needs no fraction.
package func durationText(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    guard attoseconds == 0 else { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms" }
    for (unit, length) in [("h", Int64(3600)), ("m", 60)] where seconds != 0 && seconds % length == 0 {
        return "\(seconds / length)\(unit)"
    }
    return "\(seconds)s"
}
