// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation

/// Reads a file that somebody wrote for the gateway.
enum RegularFile {
    /// Why a file cannot be read; the description names it.
    struct ReadError: Error, CustomStringConvertible {
        let file: String
        let cause: String
        /// Whether there is nothing at the path.
        var isMissing = false

        var description: String { "\(file) cannot be read: \(cause)." }
    }

    /// All of a file, or one byte more than the limit of a larger one.
    ///
    /// - Throws: ``ReadError``, also for what is no file: a pipe or a device could keep the gateway waiting for ever.
    static func contents(of file: String, maximumBytes: Int) throws(ReadError) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(file) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(file) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ReadError(file: file, cause: "it is not a regular file") }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while contents.count <= maximumBytes {
            let count = read(descriptor, &chunk, min(chunk.count, maximumBytes + 1 - contents.count))
            if count == 0 { break }
            if count > 0 {
                contents += chunk[..<count]
            } else if errno != EINTR {
                throw failure(file)
            }
        }
        return contents
    }

    private static func failure(_ file: String) -> ReadError {
        let code = errno
        return ReadError(file: file, cause: String(cString: strerror(code)), isMissing: code == ENOENT)
    }

    /// Changes whenever a file is another: where it is, when it was written, how long it is.
    static func stamp(of file: String) -> String {
        let path = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
        var status = stat()
        guard stat(path, &status) == 0 else { return "\(path) is missing" }
        let modified = status.st_mtim
        return "\(path) \(modified.tv_sec).\(modified.tv_nsec) \(status.st_size) \(status.st_ino)"
    }
}
