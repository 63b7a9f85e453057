// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The system's libzstd, loaded when a body first needs it.
///
/// Neither the build nor the start of the gateway needs the library; Debian has it wherever it has packages, since `dpkg` needs it. The functions are of its stable interface (`zstd.h`, since 1.4.0).
struct ZstandardLibrary: Sendable {
    /// `ZSTD_inBuffer`.
    struct Input {
        var source: UnsafeRawPointer?
        var size: Int
        var position: Int
    }

    /// `ZSTD_outBuffer`.
    struct Output {
        var target: UnsafeMutableRawPointer?
        var size: Int
        var position: Int
    }

    /// `ZSTD_d_windowLogMax`.
    static let windowLogMaximum: Int32 = 100

    /// `ZSTD_error_frameParameter_windowTooLarge`.
    static let windowTooLarge: UInt32 = 16

    /// nil where the system has no such library.
    static let shared = ZstandardLibrary()

    /// `ZSTD_createDCtx`.
    let makeContext: @convention(c) () -> OpaquePointer?
    /// `ZSTD_freeDCtx`.
    let freeContext: @convention(c) (OpaquePointer) -> Int
    /// `ZSTD_DCtx_setParameter`.
    let setParameter: @convention(c) (OpaquePointer, Int32, Int32) -> Int
    /// `ZSTD_decompressStream`: 0 at the end of a frame.
    let decompress: @convention(c) (OpaquePointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int
    /// `ZSTD_isError`.
    let isError: @convention(c) (Int) -> UInt32
    /// `ZSTD_getErrorCode`.
    let errorCode: @convention(c) (Int) -> UInt32

    private init?() {
        #if canImport(Darwin)
        let name = "libzstd.1.dylib"
        #else
        let name = "libzstd.so.1"
        #endif
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL),
            let makeContext = dlsym(library, "ZSTD_createDCtx"),
            let freeContext = dlsym(library, "ZSTD_freeDCtx"),
            let setParameter = dlsym(library, "ZSTD_DCtx_setParameter"),
            let decompress = dlsym(library, "ZSTD_decompressStream"),
            let isError = dlsym(library, "ZSTD_isError"),
            let errorCode = dlsym(library, "ZSTD_getErrorCode")
        else { return nil }
        self.makeContext = unsafeBitCast(makeContext, to: (@convention(c) () -> OpaquePointer?).self)
        self.freeContext = unsafeBitCast(freeContext, to: (@convention(c) (OpaquePointer) -> Int).self)
        self.setParameter = unsafeBitCast(
            setParameter,
            to: (@convention(c) (OpaquePointer, Int32, Int32) -> Int).self
        )
        self.decompress = unsafeBitCast(
            decompress,
            to: (@convention(c) (OpaquePointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int).self
        )
        self.isError = unsafeBitCast(isError, to: (@convention(c) (Int) -> UInt32).self)
        self.errorCode = unsafeBitCast(errorCode, to: (@convention(c) (Int) -> UInt32).self)
    }
}
