// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The most bytes that a translation may write for what it read.
///
/// Formats differ in what they say once: one names a tool in its call, another in each result; one has references in its schemas, another must write out what
/// they name. So a text that a small request holds once may have to be written for each of thousands of elements. What a translation writes for one call, all
/// its bodies together, is bounded by this, and so is what it copies on the way.
enum TranslationBound {
    /// Above four times what was read, for requests and answers that are small.
    private static let allowance = 1 << 20

    /// The bound of a request or of a non-streaming response, for so many bytes read.
    static func bytes(reading count: Int) -> Int { 4 * count + allowance }

    /// What each byte of a stream adds to the bound.
    ///
    /// Higher than for documents: each event has a frame of its own, longer than that of a short event of another format, and Responses says each text five
    /// times.
    static let bytesPerStreamedByte = 16
}
