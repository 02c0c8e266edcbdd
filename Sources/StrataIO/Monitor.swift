import Glibc

/// A value behind a lock, for whose changes threads can wait with a deadline.
///
/// Sendable because the value is touched under the lock only, which is also why nothing else need look after it.
@safe
package final class Monitor<Value>: @unchecked Sendable {
    private let value: UnsafeMutablePointer<Value>
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>

    package init(_ value: Value) {
        unsafe self.value = .allocate(capacity: 1)
        unsafe self.value.initialize(to: value)
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        // Deadlines are on the clock that nobody sets.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe value.deinitialize(count: 1)
        unsafe value.deallocate()
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Looks at the value or changes it, where nobody waits for that.
    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return unsafe body(&value.pointee)
    }

    /// Changes the value and wakes all that wait.
    package func change<Result>(_ body: (inout Value) -> Result) -> Result {
        withLock { value in
            defer { unsafe pthread_cond_broadcast(changed) }
            return body(&value)
        }
    }

    /// Waits until `body` gives something, which it is asked for at once and after each change; nil when the deadline passes first.
    package func wait<Result>(until deadline: Deadline, for body: (inout Value) -> Result?) -> Result? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = unsafe body(&value.pointee) { return result }
            guard let left = deadline.remaining else {
                unsafe pthread_cond_wait(changed, mutex)
                continue
            }
            if left <= .zero { return nil }
            var end = timespec()
            unsafe clock_gettime(CLOCK_MONOTONIC, &end)
            let parts = left.components
            let nanoseconds = Int64(end.tv_nsec) + parts.attoseconds / 1_000_000_000
            // Longer than a day is asked again then.
            end.tv_sec += Int(min(parts.seconds, 86_400) + nanoseconds / 1_000_000_000)
            end.tv_nsec = Int(nanoseconds % 1_000_000_000)
            unsafe pthread_cond_timedwait(changed, mutex, &end)
        }
    }
}
