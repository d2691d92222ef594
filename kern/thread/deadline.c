/*
 * Deadlines; see kern/deadline.h.
 */
#include <kern/deadline.h>

#include <arch/clock.h>
#include <kern/cpu.h>

struct deadline_queue {
    struct lock lock;
    struct tree tree;
};

static struct deadline_queue queues[CPU_MAX];

static struct deadline_queue *own_queue(void)
{
    return &queues[cpu_self()->index];
}

void deadline_fire_by(uint64_t deadline)
{
    struct cpu *cpu = cpu_self();

    if (deadline < cpu->deadline) {
        cpu->deadline = deadline;
        clock_set_deadline(deadline);
    }
}

bool deadline_remove(uint32_t cpu, struct tree_node *node)
{
    struct deadline_queue *queue = &queues[cpu];
    bool linked;

    lock_acquire(&queue->lock);
    linked = node->linked != 0;
    tree_remove(&queue->tree, node);
    lock_release(&queue->lock);
    return linked;
}

void deadline_insert(struct tree_node *node, uint64_t deadline, uint32_t kind, uint32_t *cpu)
{
    struct deadline_queue *queue = own_queue();

    lock_acquire(&queue->lock);
    *cpu = cpu_self()->index;
    node->key = deadline;
    tree_insert(&queue->tree, node);
    node->linked = kind;
    lock_release(&queue->lock);
    deadline_fire_by(deadline);
}

void deadline_add_timeout(struct thread *thread, uint64_t deadline)
{
    object_reference(&thread->object);
    deadline_insert(&thread->timeout, deadline, DEADLINE_THREAD, &thread->timeout_cpu);
}

void deadline_remove_timeout(struct thread *thread)
{
    if (deadline_remove(thread->timeout_cpu, &thread->timeout)) {
        object_release(&thread->object);
    }
}

struct tree_node *deadline_take_due(uint64_t now, uint32_t *kind, uint64_t *deadline)
{
    struct deadline_queue *queue = own_queue();
    struct tree_node *node;

    lock_acquire(&queue->lock);
    node = tree_first(&queue->tree);
    if (node != NULL && node->key <= now) {
        *kind = node->linked;
        *deadline = node->key;
        tree_remove(&queue->tree, node);
    } else if (node != NULL) {
        deadline_fire_by(node->key);
        node = NULL;
    }
    lock_release(&queue->lock);
    return node;
}
