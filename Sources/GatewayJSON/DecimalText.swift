// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The text of a JSON number, read without losing what it says.
struct DecimalText {
    let raw: UnsafeRawBufferPointer

    /// The integer that the text is exactly equal to, if there is one and it fits.
    var int: Int? {
        var index = 0
        var magnitude: UInt = 0
        var pendingZeros = 0
        var isInFraction = false
        var fractionDigits = 0
        let isNegative = raw.first == Byte.minus
        if isNegative { index = 1 }
        // Zeros wait until a digit follows: trailing ones may be cancelled by the exponent.
        while index < raw.count {
            let byte = raw[index]
            if byte == Byte.point, !isInFraction {
                isInFraction = true
            } else if Byte.isDigit(byte) {
                if isInFraction { fractionDigits += 1 }
                if byte == Byte.zero {
                    if magnitude != 0 { pendingZeros += 1 }
                } else {
                    guard let shifted = Self.shift(magnitude, by: pendingZeros + 1) else { return nil }
                    let (sum, overflow) = shifted.addingReportingOverflow(UInt(byte &- Byte.zero))
                    if overflow { return nil }
                    magnitude = sum
                    pendingZeros = 0
                }
            } else {
                break
            }
            index += 1
        }
        if magnitude == 0 { return 0 }
        let exponent = exponent(from: index) - fractionDigits + pendingZeros
        guard exponent >= 0, let shifted = Self.shift(magnitude, by: exponent) else { return nil }
        if isNegative {
            return shifted == Int.min.magnitude ? Int.min : Int(exactly: shifted).map { -$0 }
        }
        return Int(exactly: shifted)
    }

    /// The nearest double, unless it is not finite.
    var double: Double? {
        if let double = exactDouble { return double }
        guard let double = Double(String(decoding: raw, as: UTF8.self)), double.isFinite else { return nil }
        return double
    }

    /// The nearest double of numbers that need no more than one rounding: both the digits and the power of ten are doubles.
    private var exactDouble: Double? {
        var index = raw.first == Byte.minus ? 1 : 0
        var digits: UInt64 = 0
        var fractionDigits = 0
        var isInFraction = false
        while index < raw.count, index < 18 {
            let byte = raw[index]
            if byte == Byte.point {
                isInFraction = true
            } else if Byte.isDigit(byte) {
                digits = digits &* 10 &+ UInt64(byte &- Byte.zero)
                if isInFraction { fractionDigits &+= 1 }
            } else {
                return nil
            }
            index &+= 1
        }
        guard index == raw.count, digits <= 1 << 53 else { return nil }
        let magnitude = Double(digits) / Self.powersOfTen[fractionDigits]
        return raw.first == Byte.minus ? -magnitude : magnitude
    }

    /// The powers of ten up to the number of digits that `exactDouble` reads.
    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ]

    /// The exponent that starts at `start` with its letter; 0 without one.
    ///
    /// Far beyond any use it saturates.
    private func exponent(from start: Int) -> Int {
        guard start < raw.count, raw[start] | 0x20 == UInt8(ascii: "e") else { return 0 }
        var index = start + 1
        var isNegative = false
        if index < raw.count, raw[index] == Byte.minus || raw[index] == Byte.plus {
            isNegative = raw[index] == Byte.minus
            index += 1
        }
        var exponent = 0
        while index < raw.count, Byte.isDigit(raw[index]) {
            // Larger than any document, so that no number of zeros in it can make up for it.
            if exponent < 1 << 40 { exponent = exponent * 10 + Int(raw[index] &- Byte.zero) }
            index += 1
        }
        return isNegative ? -exponent : exponent
    }

    /// The number times a power of ten, if it fits.
    private static func shift(_ number: UInt, by digits: Int) -> UInt? {
        guard digits < 20 else { return nil }
        var number = number
        for _ in 0..<digits {
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            number = product
        }
        return number
    }

    /// The shortest text that reads as this finite double, with an integral one written without `.0`.
    static func shortest(_ double: Double) -> String {
        if let int = Int(exactly: double), int.magnitude < 1 << 53, !(int == 0 && double.sign == .minus) {
            return String(int)
        }
        return double.description
    }
}
