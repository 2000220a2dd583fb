// One engine a file, in this process and in others.
#include "store/lock.h"

#include "test_store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

// A child that runs `hold` and then waits to be killed.
static pid_t fork_holder(void (*hold)(const char *path), const char *path)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);  // A failed test must not leave it behind.
        hold(path);
        (void)!write(ready[1], "x", 1);
        pause();
        _exit(0);
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end_holder(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void hold_store(const char *path)
{
    const struct store_options options = test_options(path);
    struct store *store = NULL;
    struct err e = {0};
    if (!store_open(&store, &options, &e)) {
        _exit(1);
    }
}

static void test_other_process(void **state)
{
    (void)state;
    const char *path = test_path();
    const struct store_options options = test_options(path);
    const pid_t pid = fork_holder(hold_store, path);
    char words[64];
    (void)snprintf(words, sizeof words, "in use by another engine (process %ld)", (long)pid);
    test_open_fails(&options, ERR_BUSY, words);
    char link_path[80];
    (void)snprintf(link_path, sizeof link_path, "%s.link", path);
    assert_int_equal(symlink(path, link_path), 0);
    const struct store_options by_link = test_options(link_path);
    test_open_fails(&by_link, ERR_BUSY, words);
    end_holder(pid);
    store_close(test_open(path));  // The lock went with its process.
    test_remove(path);
}

static void test_same_process(void **state)
{
    (void)state;
    const char *path = test_path();
    const struct store_options options = test_options(path);
    struct store *store = test_open(path);
    test_open_fails(&options, ERR_BUSY, "in use by another engine");
    store_close(store);
    store_close(test_open(path));
    test_remove(path);
}

static void hold_range(const char *path)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 1};
    const int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || fcntl(fd, F_SETLK, &range) != 0) {
        _exit(1);
    }
}

static void test_holder(void **state)
{
    (void)state;
    const char *path = test_path();
    assert_int_equal(lock_holder(path), 0);
    const pid_t pid = fork_holder(hold_range, path);
    assert_int_equal(lock_holder(path), pid);
    end_holder(pid);
    assert_int_equal(lock_holder(path), 0);
    test_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_process),
        cmocka_unit_test(test_same_process),
        cmocka_unit_test(test_holder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
